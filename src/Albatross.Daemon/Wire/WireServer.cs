using System.Collections.Concurrent;
using System.Net.Sockets;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Wire;

/// <summary>
/// Accepts connections on a role's socket and gives each to <paramref name="serve"/>. At most <see cref="DaemonLimits.LocalConnections"/>
/// at a time. One connection's failure ends that connection only.
/// </summary>
internal sealed class WireServer(Socket listener, FrameLimit limit, Func<LocalConnection, CancellationToken, Task> serve, ILogger log)
    : IDisposable
{
    private readonly ConcurrentDictionary<long, LocalConnection> _connections = new();
    private readonly ConcurrentDictionary<long, Task> _tasks = new();
    private readonly SemaphoreSlim _slots = new(DaemonLimits.LocalConnections);

    /// <summary>The connection <paramref name="id"/>; null when it is gone.</summary>
    public LocalConnection? Find(long id) => _connections.GetValueOrDefault(id);

    /// <summary>Accepts until cancelled, then waits for the connections to end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        long id = 0;
        try
        {
            while (true)
            {
                await _slots.WaitAsync(cancellation).ConfigureAwait(false);
                Socket socket = await listener.AcceptAsync(cancellation).ConfigureAwait(false);
                id++;
                _tasks[id] = ServeAsync(new LocalConnection(id, new NetworkStream(socket, ownsSocket: true), limit, log), cancellation);
                if (_tasks[id].IsCompleted)
                {
                    _tasks.TryRemove(id, out _);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Task.WhenAll(_tasks.Values).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private async Task ServeAsync(LocalConnection connection, CancellationToken cancellation)
    {
        await Task.Yield();
        _connections[connection.Id] = connection;
        try
        {
            await serve(connection, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            Log.ConnectionEnded(log, connection.Id, e.Message);
        }
        finally
        {
            _connections.TryRemove(connection.Id, out _);
            await connection.DisposeAsync().ConfigureAwait(false);
            _slots.Release();
            _tasks.TryRemove(connection.Id, out _);
        }
    }
}
