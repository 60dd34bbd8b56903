using System.Net;
using System.Net.Sockets;

namespace Albatross.Tests.Tls;

/// <summary>A real TCP connection to ourselves: both ends, TCP_NODELAY set.</summary>
internal sealed record Loopback(NetworkStream Server, NetworkStream Client) : IDisposable
{
    public static async Task<Loopback> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task connecting = client.ConnectAsync(listener.LocalEndPoint!);
        Socket server = await listener.AcceptAsync();
        server.NoDelay = true;
        await connecting;
        return new Loopback(new NetworkStream(server, ownsSocket: true), new NetworkStream(client, ownsSocket: true));
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }
}
