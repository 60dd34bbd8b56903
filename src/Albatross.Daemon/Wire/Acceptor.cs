using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Wire;

/// <summary>
/// Accepts connections, at most <paramref name="most"/> at a time, and gives each to <paramref name="serve"/>, which owns it. One
/// connection's failure ends that connection only.
/// </summary>
internal sealed class Acceptor(
    Func<CancellationToken, ValueTask<Socket>> accept, int most, Func<Socket, CancellationToken, Task> serve, ILogger log) : IDisposable
{
    // accept(2) tells of connections that were broken off before they were accepted, and of a host without free descriptors or memory.
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(100);

    // Each connection has one until it has ended.
    private readonly SemaphoreSlim _slots = new(most);

    /// <summary>Accepts until cancelled, then waits for the connections to end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _slots.WaitAsync(cancellation).ConfigureAwait(false);
                _ = ServeAsync(await NextAsync(cancellation).ConfigureAwait(false), cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            for (int i = 0; i < most; i++)
            {
                await _slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private async Task<Socket> NextAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                try
                {
                    return await accept(cancellation).ConfigureAwait(false);
                }
                catch (SocketException e)
                {
                    Log.NotAccepted(log, e.Message, AfterFailure.TotalMilliseconds);
                }

                await Task.Delay(AfterFailure, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            _slots.Release();
            throw;
        }
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            await serve(socket, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.ConnectionFailed(log, e);   // a bug, and whoever connected may have found it: the others are served on
        }
        finally
        {
            _slots.Release();
        }
    }
}
