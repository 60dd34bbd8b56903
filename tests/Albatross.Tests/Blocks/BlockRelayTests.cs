using Albatross.Daemon;
using Albatross.Daemon.Endpoint;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tests.Certificates;
using Albatross.Tests.Tls;
using Albatross.Tls;
using Albatross.Tls.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Albatross.Tests.Blocks;

/// <summary>Block commands through the endpoint: a real session on one side, a vmmd whose every move is written here on the other.</summary>
public sealed class BlockRelayTests : IDisposable
{
    private const int Mib = 1 << 20;
    private static readonly Reply.BlockData End = new(default(ReadOnlyMemory<byte>?));

    private readonly TemporaryDirectory _directory = new();
    private readonly ScriptedVmmd _vmmd;
    private readonly FiringTimers _time = new();
    private Task _serving = Task.CompletedTask;

    public BlockRelayTests() => _vmmd = new ScriptedVmmd(_directory.Path);

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _vmmd.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Content_arrives_as_it_was_sent_whatever_its_chunks_and_none_is_larger_than_a_record()
    {
        byte[] content = Noise(3 * Mib);
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: true));
        Task sending = SendAsync(client, [.. content.Chunk(2 * Mib)], isWhole: true);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);

        List<byte[]> chunks = await vmmd.ChunksAsync();
        await vmmd.AnswerAsync(Reply.Success.Of("set block device"));
        await sending;

        Assert.Equal(("alpha:hello", new Command.BlockSet(Compressed: true)), (vmmd.Name, vmmd.Command));
        Assert.True(content.AsSpan().SequenceEqual((byte[])[.. chunks.SelectMany(chunk => chunk)]));
        Assert.All(chunks, chunk => Assert.InRange(chunk.Length, 1, 16 << 10));
        Assert.Equal(["success: set block device", "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task A_refusal_is_heard_at_once_by_a_client_that_still_sends()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        await SendAsync(client, [Noise(100)], isWhole: false);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();

        await vmmd.AnswerAsync(Reply.Failure.Of("set block: is in use"));

        Assert.Equal("failure: set block: is in use", await AnswerAsync(client));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_reads_only_when_it_has_sent_everything_reads_the_reason(bool vmmdCloses)
    {
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        Task sending = SendAsync(client, [.. Enumerable.Repeat(Noise(Mib), 40)], isWhole: true);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();
        await vmmd.AnswerAsync(Reply.Failure.Of("set block: is in use"));
        if (vmmdCloses)
        {
            vmmd.Dispose();
        }

        await sending;

        Assert.Equal(["failure: set block: is in use", "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task A_vmmd_that_is_gone_in_the_middle_is_said_so()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        Task sending = SendAsync(client, [.. Enumerable.Repeat(Noise(Mib), 10)], isWhole: true);
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.ChunkAsync();
        }

        await sending;

        Assert.Equal(["failure: writing block data", "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task A_client_that_vanishes_in_the_middle_ends_vmmds_connection_without_an_end_marker()
    {
        ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        await SendAsync(client, [Noise(100)], isWhole: false);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();

        await client.DisposeAsync();

        await Assert.ThrowsAsync<EndOfStreamException>(vmmd.ChunkAsync);
    }

    [Fact]
    public async Task A_client_that_sends_nothing_is_dropped_and_vmmds_connection_ends_without_an_end_marker()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        await SendAsync(client, [Noise(100)], isWhole: false);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();

        await _time.FireUntilAsync(DaemonLimits.StallDeadline, _serving);

        await Assert.ThrowsAsync<EndOfStreamException>(vmmd.ChunkAsync);
        Assert.Equal("the client sent nothing for 5 s", (await Assert.ThrowsAsync<IOException>(() => _serving)).Message);
    }

    [Fact]
    public async Task A_refused_client_that_sends_without_end_is_closed_when_its_time_is_up()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockSet(Compressed: false));
        await SendAsync(client, [Noise(100)], isWhole: false);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();
        await vmmd.AnswerAsync(Reply.Failure.Of("set block: is in use"));

        await _time.FireUntilAsync(DaemonLimits.RefusedContentDeadline, _serving);

        Assert.Equal(["failure: set block: is in use", "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task A_dump_is_passed_on_with_the_endpoints_own_end_marker()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockDump(9));
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        Assert.Equal(new Command.BlockDump(9), vmmd.Command);
        await vmmd.AnswerAsync(new Reply.BlockDeviceImage(Compressed: true));
        await vmmd.AnswerAsync(new Reply.BlockData(Noise(65_536)));
        await vmmd.AnswerAsync(new Reply.BlockData(Noise(4)));
        await vmmd.AnswerAsync(new Header(7, Name.Root), End);

        Assert.Equal(["image compressed True", "65536 bytes", "4 bytes", "end of 0 alpha:hello", "closed"], await AnswersAsync(client));
        await vmmd.ClosedAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dump_that_vmmd_does_not_end_ends_with_a_failure(bool isRefused)
    {
        await using ClientSession client = await OpenAsync(new Command.BlockDump(0));
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.AnswerAsync(isRefused ? Reply.Failure.Of("dump block: not found") : new Reply.BlockDeviceImage(Compressed: false));
        }

        string first = isRefused ? "failure: dump block: not found" : "image compressed False";
        Assert.Equal([first, "failure: exception while reading from fd", "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task A_client_that_takes_nothing_does_not_keep_a_block_device()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockDump(0));
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.AnswerAsync(new Reply.BlockDeviceImage(Compressed: false));
        Task writing = WriteWithoutEndAsync(vmmd);

        // All buffers are full when vmmd's writes wait; a deadline that fires before finds a write that is done, or ends the session early.
        await _time.FireUntilAsync(DaemonLimits.StallDeadline, _serving);

        Assert.Equal("the client took nothing for 5 s", (await Assert.ThrowsAsync<IOException>(() => _serving)).Message);
        await Assert.ThrowsAnyAsync<IOException>(() => writing);
    }

    [Fact]
    public async Task The_old_set_without_data_is_a_set_with_the_chunks_that_follow()
    {
        byte[] content = Noise(50_000);
        await using ClientSession client = await OpenAsync(new Command.BlockOldSet(Compressed: true, Array.Empty<byte>()));
        await SendAsync(client, [content], isWhole: true);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);

        List<byte[]> chunks = await vmmd.ChunksAsync();
        await vmmd.AnswerAsync(Reply.Success.Of("set block device"));

        Assert.Equal(new Command.BlockSet(Compressed: true), vmmd.Command);
        Assert.True(content.AsSpan().SequenceEqual((byte[])[.. chunks.SelectMany(chunk => chunk)]));
        Assert.Equal(["success: set block device", "closed"], await AnswersAsync(client));
    }

    [Theory]
    [InlineData(null, "success: added block device")]
    [InlineData("set block: is in use", "failure: set block: is in use")]
    public async Task The_old_add_with_empty_data_makes_a_device_fills_it_and_has_one_answer(string? refusal, string expected)
    {
        byte[] content = Noise(50_000);
        await using ClientSession client = await OpenAsync(new Command.BlockOldAdd(2, Compressed: false, Array.Empty<byte>()));
        await SendAsync(client, [content], isWhole: true);
        using ScriptedConnection making = await _vmmd.AcceptAsync(Stopping);
        Assert.Equal(new Command.BlockAdd(2), making.Command);
        await making.AnswerAsync(Reply.Success.Of("added block device"));
        using ScriptedConnection filling = await _vmmd.AcceptAsync(Stopping);
        Assert.Equal((making.Name, new Command.BlockSet(Compressed: false)), (filling.Name, filling.Command));

        List<byte[]> chunks = await filling.ChunksAsync();
        await filling.AnswerAsync(refusal is null ? Reply.Success.Of("set block device") : Reply.Failure.Of(refusal));

        Assert.True(content.AsSpan().SequenceEqual((byte[])[.. chunks.SelectMany(chunk => chunk)]));
        Assert.Equal([expected, "closed"], await AnswersAsync(client));
    }

    [Fact]
    public async Task The_old_add_that_is_refused_fills_nothing_and_its_client_reads_why()
    {
        await using ClientSession client = await OpenAsync(new Command.BlockOldAdd(2, Compressed: false, Array.Empty<byte>()));
        Task sending = SendAsync(client, [.. Enumerable.Repeat(Noise(Mib), 40)], isWhole: true);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.AnswerAsync(Reply.Failure.Of("block device with same name already exists"));
        await sending;

        Assert.Equal(["failure: block device with same name already exists", "closed"], await AnswersAsync(client));
        Assert.False(_vmmd.IsWaitedFor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_old_forms_with_data_are_passed_on_as_they_are(bool isAdd)
    {
        Command command = isAdd ? new Command.BlockOldAdd(2, Compressed: false, Noise(8)) : new Command.BlockOldSet(Compressed: false, Noise(8));
        await using ClientSession client = await OpenAsync(command);
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.AnswerAsync(Reply.Success.Of("done"));

        Assert.Equal(command.GetType(), vmmd.Command!.GetType());
        Assert.Equal(["success: done", "closed"], await AnswersAsync(client));
    }

    // A session of a client that presents the command, served as the listener does it.
    private async Task<ClientSession> OpenAsync(Command command)
    {
        using var party = new TlsParty { Command = command };
        (ServerSession server, ClientSession client) = await party.OpenAsync(Stopping);
        _serving = ServeAsync(server);
        return client;
    }

    private async Task ServeAsync(ServerSession server)
    {
        var options = new DaemonOptions
        {
            RunDirectory = _directory.Path, DataDirectory = "", CaFile = "", CertificateFile = "", KeyFile = "", Address = "", Port = 0,
            MetricsPort = 0, EndWithInput = false,
        };
        await using (server)
        {
            await new ServiceProxy(options, _time, NullLogger.Instance).ServeAsync(server, "a client", Stopping);
            await server.CloseAsync(Stopping);
        }
    }

    private static async Task SendAsync(ClientSession client, byte[][] chunks, bool isWhole)
    {
        foreach (byte[] chunk in chunks)
        {
            await client.Stream.WriteAsync(FrameWriter.Write(chunk), Stopping);
        }

        if (isWhole)
        {
            await client.Stream.WriteAsync(FrameWriter.EndMarker, Stopping);
        }
    }

    private static async Task WriteWithoutEndAsync(ScriptedConnection vmmd)
    {
        var data = new Reply.BlockData(Noise(16 << 10));
        while (true)
        {
            await vmmd.AnswerAsync(data);
        }
    }

    private static async Task<string> AnswerAsync(ClientSession client) => await NextAsync(new FrameChannel(client.Stream, FrameLimits.Reply));

    private static async Task<List<string>> AnswersAsync(ClientSession client)
    {
        List<string> answers = [];
        var frames = new FrameChannel(client.Stream, FrameLimits.Reply);
        do
        {
            answers.Add(await NextAsync(frames));
        }
        while (answers[^1] != "closed");
        return answers;
    }

    private static async Task<string> NextAsync(FrameChannel frames)
    {
        ReceivedFrame received = await frames.ReadAsync(Stopping);
        if (received.Kind == FrameKind.Closed)
        {
            return "closed";
        }

        Assert.True(WireCodec.TryDecode(received.Body, out Wire? wire, out _));
        var answer = Assert.IsType<Wire.Answer>(wire);
        return answer.Reply switch
        {
            Reply.Failure failure => $"failure: {failure.Text}",
            Reply.Success success => $"success: {success.Text}",
            Reply.BlockDeviceImage image => $"image compressed {image.Compressed}",
            Reply.BlockData { Bytes: { } bytes } => $"{bytes.Length} bytes",
            Reply.BlockData => $"end of {answer.Header.Sequence} {answer.Header.Name}",
            var other => other.GetType().Name,
        };
    }

    private static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(bytes).NextBytes(noise);
        return noise;
    }
}
