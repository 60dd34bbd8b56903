using System.Buffers;
using System.Net.Sockets;

namespace Albatross.Tls.Sessions;

/// <summary>
/// Ends a connection so that the peer reads our last words: closing a socket with unread input makes the kernel send a reset, and the
/// peer then reports "broken pipe" instead of the alert. So: no more sending, read and drop a bounded amount, and only then close.
/// </summary>
internal static class Farewell
{
    private const int BufferBytes = 64 * 1024;

    public static async Task DrainAsync(Stream transport, TlsLimits limits, TimeProvider clock, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        using var time = new CancellationTokenSource(limits.DrainTime, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            (transport as NetworkStream)?.Socket.Shutdown(SocketShutdown.Send);
            for (long left = limits.MaxDrainBytes; left > 0;)
            {
                int count = await transport.ReadAsync(buffer, both.Token).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                left -= count;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer has gone or the time is up; there is nothing more to say to it.
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
