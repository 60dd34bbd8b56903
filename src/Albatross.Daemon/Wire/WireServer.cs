using System.Collections.Concurrent;
using System.Net.Sockets;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Wire;

/// <summary>
/// Accepts connections on a role's socket and gives each to <paramref name="serve"/>, at most
/// <see cref="DaemonLimits.LocalConnections"/> at a time.
/// </summary>
internal sealed class WireServer(Socket listener, FrameLimit limit, Func<LocalConnection, CancellationToken, Task> serve, ILogger log)
{
    private readonly ConcurrentDictionary<long, LocalConnection> _connections = new();
    private long _lastId;

    /// <summary>The connection <paramref name="id"/>; null when it is gone.</summary>
    public LocalConnection? Find(long id) => _connections.GetValueOrDefault(id);

    /// <summary>Accepts until cancelled, then waits for the connections to end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var acceptor = new Acceptor(listener.AcceptAsync, DaemonLimits.LocalConnections, ServeAsync, log);
        await acceptor.RunAsync(cancellation).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket socket, CancellationToken cancellation)
    {
        var stream = new NetworkStream(socket, ownsSocket: true);
        var connection = new LocalConnection(Interlocked.Increment(ref _lastId), stream, limit, log);
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
        }
    }
}
