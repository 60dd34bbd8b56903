using System.Net.Sockets;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.Tests.Blocks;

/// <summary>A vmmd that does what a test says, on a real socket: the other end of the client's and of the endpoint's block commands.</summary>
internal sealed class ScriptedVmmd : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ScriptedVmmd(string directory)
    {
        SocketPath = Path.Combine(directory, "util", "vmmd.sock");
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }

    public string SocketPath { get; }

    /// <summary>Whether somebody has connected and was not accepted yet.</summary>
    public bool IsWaitedFor => _listener.Poll(0, SelectMode.SelectRead);

    /// <summary>The next connection, and the block command on it; whatever comes before that (policies) is granted.</summary>
    public async Task<ScriptedConnection> AcceptAsync(CancellationToken cancellation)
    {
        var connection = new ScriptedConnection(
            new NetworkStream(await _listener.AcceptAsync(cancellation), ownsSocket: true), cancellation);
        await connection.ReadCommandAsync();
        return connection;
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>One connection to it.</summary>
internal sealed class ScriptedConnection(NetworkStream stream, CancellationToken cancellation) : IDisposable
{
    private readonly FrameChannel _frames = new(stream, FrameLimits.LocalSocket);
    private Header? _header;

    public Command? Command { get; private set; }

    public string Name => _header!.Name.ToString();

    public async Task ReadCommandAsync()
    {
        while (Command is null)
        {
            ReceivedFrame received = await _frames.ReadAsync(cancellation);
            Assert.Equal(FrameKind.Frame, received.Kind);
            Assert.True(WireCodec.TryDecode(received.Body, out Wire? wire, out _));
            var request = Assert.IsType<Wire.Request>(wire);
            _header = request.Header;
            if (IsAboutBlocks(request.Command))
            {
                Command = request.Command;
            }
            else
            {
                await AnswerAsync(Reply.Success.Of("added policy"));
            }
        }
    }

    /// <summary>The next chunk; null at the end marker, and at the end of the connection an exception.</summary>
    public async Task<byte[]?> ChunkAsync() => await _frames.ReadAsync(cancellation) switch
    {
        { Kind: FrameKind.Frame } received => received.Body.ToArray(),
        { Kind: FrameKind.EndMarker } => null,
        _ => throw new EndOfStreamException(),
    };

    /// <summary>All chunks up to the end marker.</summary>
    public async Task<List<byte[]>> ChunksAsync()
    {
        List<byte[]> chunks = [];
        while (await ChunkAsync() is { } chunk)
        {
            chunks.Add(chunk);
        }

        return chunks;
    }

    public Task AnswerAsync(Reply reply) => AnswerAsync(_header!, reply);

    public async Task AnswerAsync(Header header, Reply reply) =>
        await _frames.WriteAsync(WireCodec.EncodeFramed(new Wire.Answer(header, reply)), cancellation);

    /// <summary>Waits until the other side has closed; what it still sends is dropped.</summary>
    public async Task ClosedAsync()
    {
        while (await stream.ReadAsync(new byte[64 << 10], cancellation) > 0)
        {
        }
    }

    public void Dispose() => stream.Dispose();

    private static bool IsAboutBlocks(Command command) => command
        is Command.BlockInfo or Command.BlockAdd or Command.BlockRemove or Command.BlockSet or Command.BlockDump
        or Command.BlockOldAdd or Command.BlockOldSet or Command.BlockOldDump;
}
