using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Albatross.Daemon.Wire;
using Albatross.Tls.Sessions;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Endpoint;

/// <summary>
/// Accepts TCP connections, a bounded number at a time and of one address, and gives each that has proved who it is to the proxy.
/// </summary>
internal sealed class TlsListener(IPAddress address, int port, ServerSettings settings, ServiceProxy proxy, ILogger log) : IDisposable
{
    private readonly TcpListener _listener = new(address, port);
    private readonly ConcurrentDictionary<IPAddress, int> _perAddress = new();

    /// <summary>Begins to listen; where.</summary>
    public IPEndPoint Start()
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            _listener.Server.DualMode = true;
        }

        _listener.Start();
        return (IPEndPoint)_listener.LocalEndpoint;
    }

    /// <summary>Accepts until cancelled, then ends the connections.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var acceptor = new Acceptor(_listener.AcceptSocketAsync, DaemonLimits.TlsConnections, ServeAsync, log);
        await acceptor.RunAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket socket, CancellationToken cancellation)
    {
        var peer = (IPEndPoint)socket.RemoteEndPoint!;
        try
        {
            if (_perAddress.AddOrUpdate(peer.Address, 1, (_, count) => count + 1) > DaemonLimits.TlsConnectionsPerAddress)
            {
                Log.PeerRefused(log, peer.ToString(), $"more than {DaemonLimits.TlsConnectionsPerAddress} connections of one address");
                socket.Dispose();
                return;
            }

            socket.NoDelay = true;
            await ShakeHandsAsync(peer, new NetworkStream(socket, ownsSocket: true), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            Log.PeerEnded(log, peer.ToString(), e.Message);
        }
        finally
        {
            if (_perAddress.AddOrUpdate(peer.Address, 0, (_, count) => count - 1) == 0)
            {
                _perAddress.TryRemove(new KeyValuePair<IPAddress, int>(peer.Address, 0));
            }
        }
    }

    private async Task ShakeHandsAsync(IPEndPoint peer, NetworkStream transport, CancellationToken cancellation)
    {
        switch (await ServerSession.AcceptAsync(transport, peer.Address.ToString(), settings, cancellation).ConfigureAwait(false))
        {
            case AcceptOutcome.Accepted { Session: var session }:
                await using (session.ConfigureAwait(false))
                {
                    await proxy.ServeAsync(session, peer.ToString(), cancellation).ConfigureAwait(false);
                    await session.CloseAsync(cancellation).ConfigureAwait(false);
                }

                break;
            case AcceptOutcome.Rejected rejected:
                Log.PeerRefused(log, peer.ToString(), rejected.Refusal.Text);
                break;
        }
    }
}
