using System.Net.Sockets;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.HostTests.Daemon;

/// <summary>
/// Commands on a local socket, without a client program. A daemon that dies is no answer, not an exception; one that lives and does not
/// answer is.
/// </summary>
internal static class LocalCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Asks; the answer, or null when there is none because the daemon does not run or ends meanwhile.</summary>
    public static Task<Reply?> AskAsync(string socket, string name, Command command) =>
        OnConnectionAsync(socket, name, command, ReceiveAsync);

    /// <summary>Follows a console until it has shown <paramref name="lines"/> lines; false when it is closed before.</summary>
    public static async Task<bool> FollowAsync(string socket, string name, int lines)
    {
        var subscribe = new Command.ConsoleSubscribe(new ConsoleStart.Count(0));
        Reply? last = await OnConnectionAsync(socket, name, subscribe, async frames =>
        {
            Reply? reply = await ReceiveAsync(frames);
            for (int i = 0; i < lines && reply is not (null or Reply.Failure); i++)
            {
                reply = await ReceiveAsync(frames);
            }

            return reply;
        });
        return last is Reply.ConsoleLine;
    }

    /// <summary>A name that a test wrote.</summary>
    public static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new ArgumentException(refusal.Text, nameof(text));

    private static async Task<Reply?> OnConnectionAsync(
        string path, string name, Command command, Func<FrameChannel, Task<Reply?>> receive)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await using var frames = new FrameChannel(await ConnectAsync(socket, path), FrameLimits.LocalSocket);
        try
        {
            var request = new Wire.Request(new Header(1, NameOf(name)), command);
            await frames.WriteAsync(WireCodec.EncodeFramed(request), CancellationToken.None);
            return await receive(frames).WaitAsync(Patience);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{command.Words} of {name}: no answer in {Patience.TotalSeconds} s", e);
        }
    }

    private static async Task<Stream> ConnectAsync(Socket socket, string path)
    {
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return new MemoryStream();   // nothing comes
        }
    }

    private static async Task<Reply?> ReceiveAsync(FrameChannel frames)
    {
        ReceivedFrame received = await frames.ReadAsync(CancellationToken.None);
        if (received.Kind != FrameKind.Frame)
        {
            return null;
        }

        Assert.True(WireCodec.TryDecode(received.Body, out Wire? wire, out Refusal? refusal), refusal?.Text);
        return Assert.IsType<Wire.Answer>(wire).Reply;
    }
}
