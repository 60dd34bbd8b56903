using Albatross.Protocol.Frames;

namespace Albatross.Daemon.Endpoint;

/// <summary>
/// The stream of chunks that a client sends after its command, piece by piece as it arrives: of a stream of any length one buffer is in
/// memory. A client that sends nothing for <see cref="DaemonLimits.StallDeadline"/> while it is read is given up.
/// </summary>
internal sealed class ClientChunks(Stream client, TimeProvider time)
{
    private const int BufferBytes = 16 << 10;

    private readonly ChunkReader _reader = new();
    private byte[] _buffer = [];
    private ReadOnlyMemory<byte> _unread;
    private bool _isOver;

    /// <summary>The next piece, good until the next call; null when the end marker has been read.</summary>
    /// <exception cref="EndOfStreamException">The client has closed before the end marker.</exception>
    /// <exception cref="IOException">The client is gone, or sends nothing.</exception>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        while (!_isOver)
        {
            switch (_reader.Read(ref _unread, out ReadOnlyMemory<byte> piece))
            {
                case ChunkStep.Piece:
                    return piece;
                case ChunkStep.End:
                    _isOver = true;
                    break;
                default:
                    _unread = await ReceiveAsync(cancellation).ConfigureAwait(false);
                    break;
            }
        }

        return default(ReadOnlyMemory<byte>?);
    }

    /// <summary>
    /// Reads and drops what is left, for <see cref="DaemonLimits.RefusedContentDeadline"/> at most: many clients read their answer only
    /// when they have sent everything, and one that is cut off while it sends reads none.
    /// </summary>
    public async Task DropRestAsync(CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(DaemonLimits.RefusedContentDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            while (await NextAsync(either.Token).ConfigureAwait(false) is not null)
            {
            }
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // It has read its answer and gone, or the time is up; there is nothing more to say to it.
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellation)
    {
        _buffer = _buffer.Length == 0 ? new byte[BufferBytes] : _buffer;
        using var idle = new CancellationTokenSource(DaemonLimits.StallDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellation);
        try
        {
            int count = await client.ReadAsync(_buffer, either.Token).ConfigureAwait(false);
            return count > 0
                ? _buffer.AsMemory(0, count)
                : throw new EndOfStreamException("the client closed before the end of its stream");
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the client sent nothing for {DaemonLimits.StallDeadline.TotalSeconds} s", e);
        }
    }
}
