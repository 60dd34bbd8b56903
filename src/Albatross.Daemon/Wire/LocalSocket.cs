using System.Buffers.Binary;
using System.Net.Sockets;
using Albatross.Linux;

namespace Albatross.Daemon.Wire;

/// <summary>Unix sockets between the roles and for the local client.</summary>
internal static class LocalSocket
{
    private const int Backlog = 128;
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Listens at <paramref name="path"/>, for owner and group only. A socket that nobody serves any more is replaced; one that
    /// somebody serves is not stolen.
    /// </summary>
    /// <exception cref="IOException">Another daemon serves it, or the host said no.</exception>
    public static Socket Listen(string path)
    {
        RefuseIfServed(path);
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, Mode);
        socket.Listen(Backlog);
        return socket;
    }

    /// <summary>Throws when somebody serves the socket at <paramref name="path"/>; one that is only left over is good.</summary>
    /// <exception cref="IOException">Another daemon serves it.</exception>
    public static void RefuseIfServed(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            return;
        }

        // A daemon that was killed in the middle of a start leaves a child that has its sockets until it executes, a moment later.
        if (ListenerOf(probe) is > 0 and var listener && ProcessStatus.Of(listener) is not { State: not 'Z' })
        {
            return;
        }

        throw new IOException($"{path} is served by another daemon: stop that one first, or choose another directory");
    }

    // Whoever called listen(2), whoever has the socket now (SO_PEERCRED of unix(7)); 0 if it is in another namespace.
    private static int ListenerOf(Socket connected)
    {
        const int SocketLevel = 1, PeerCredentials = 17;
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        connected.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    /// <summary>Connects once.</summary>
    /// <exception cref="SocketException">Nobody serves it.</exception>
    public static async Task<NetworkStream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects as soon as somebody serves it: the roles start in any order and may be started anew.</summary>
    public static async Task<NetworkStream> WaitForAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await ConnectAsync(path, cancellation).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                await Task.Delay(BetweenAttempts, time, cancellation).ConfigureAwait(false);
            }
        }
    }
}
