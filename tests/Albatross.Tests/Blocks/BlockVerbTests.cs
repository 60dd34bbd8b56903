using System.IO.Compression;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Tests.Certificates;
using Albatross.Tests.Client;

namespace Albatross.Tests.Blocks;

/// <summary>The client's block verbs on the local socket, against a vmmd whose every move is written here.</summary>
public sealed class BlockVerbTests : IDisposable
{
    private const int Mib = 1 << 20;

    private readonly TemporaryDirectory _directory = new();
    private readonly ScriptedVmmd _vmmd;

    public BlockVerbTests() => _vmmd = new ScriptedVmmd(_directory.Path);

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _vmmd.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Block_devices_are_listed()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("block", "--name", "foo:");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            Assert.Equal("foo:", vmmd.Name);
            Assert.IsType<Command.BlockInfo>(vmmd.Command);
            await vmmd.AnswerAsync(new Reply.BlockDevices([new Entry<BlockDevice>(NameOf(":data"), new BlockDevice(4, Active: false))]));
        }

        Assert.Equal((0, "host [unikernel: foo:]: block [unikernel: :data] size 4 MB active false\n", ""), await running);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData((16 << 10) - 4, 0)]
    [InlineData(100_000, 0)]
    [InlineData(100_000, 1)]
    [InlineData(100_000, 9)]
    public async Task A_file_is_sent_in_chunks_of_one_record_as_one_zlib_stream_when_a_level_is_given(int bytes, int level)
    {
        byte[] content = Noise(bytes);
        Task<(int Status, string Output, string Errors)> running = RunAsync("set-block", ":data", Write(content), "--compression-level", $"{level}");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            List<byte[]> chunks = await vmmd.ChunksAsync();
            byte[] sent = [.. chunks.SelectMany(chunk => chunk)];

            Assert.Equal(new Command.BlockSet(level > 0), vmmd.Command);
            Assert.Equal(":data", vmmd.Name);
            Assert.All(chunks, chunk => Assert.InRange(chunk.Length, 1, (16 << 10) - 4));
            Assert.True(content.AsSpan().SequenceEqual(level > 0 ? Unpacked(sent) : sent));
            await vmmd.AnswerAsync(Reply.Success.Of("set block device"));
        }

        Assert.Equal((0, "host [unikernel: :data]: success: set block device\n", ""), await running);
    }

    [Fact]
    public async Task A_device_is_made_then_filled()
    {
        byte[] content = Noise(3 * Mib);
        Task<(int Status, string Output, string Errors)> running = RunAsync("create-block", ":data", "3", "--data", Write(content));
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            Assert.Equal(new Command.BlockAdd(3), vmmd.Command);
            await vmmd.AnswerAsync(Reply.Success.Of("added block device"));
        }

        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            Assert.Equal(new Command.BlockSet(Compressed: false), vmmd.Command);
            List<byte[]> chunks = await vmmd.ChunksAsync();
            Assert.True(content.AsSpan().SequenceEqual((byte[])[.. chunks.SelectMany(chunk => chunk)]));
            await vmmd.AnswerAsync(Reply.Success.Of("set block device"));
        }

        Assert.Equal(
            (0, "host [unikernel: :data]: success: added block device\nhost [unikernel: :data]: success: set block device\n", ""),
            await running);
    }

    [Fact]
    public async Task Whoever_makes_a_device_that_cannot_be_filled_is_told_that_it_is_there()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("create-block", ":data", "3", "--data", Write(Noise(10)));
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.AnswerAsync(Reply.Success.Of("added block device"));
        }

        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.ChunksAsync();
            await vmmd.AnswerAsync(Reply.Failure.Of("set block: is in use"));
        }

        (int status, _, string errors) = await running;
        Assert.Equal(117, status);
        Assert.Contains("command failed set block: is in use", errors, StringComparison.Ordinal);
        Assert.Contains(":data was made and is empty: fill it with set-block", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_that_is_not_made_is_not_filled()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("create-block", ":data", "3", "--data", Write(Noise(10)));
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.AnswerAsync(Reply.Failure.Of("block device with same name already exists"));
        }

        Assert.Equal(117, (await running).Status);
        Assert.False(_vmmd.IsWaitedFor);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_in_the_middle_is_printed_and_no_broken_pipe(bool isClosed)
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("set-block", ":data", WriteZeros(1L << 30));
        using ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping);
        await vmmd.ChunkAsync();
        await vmmd.AnswerAsync(Reply.Failure.Of("set block: is in use"));
        if (isClosed)
        {
            vmmd.Dispose();
        }

        // A vmmd that does not close and reads nothing does not hold the client up either.
        Assert.Equal(
            (117, "", "albatross-client: [WARNING] host [unikernel: :data]: command failed set block: is in use\n"), await running);
    }

    [Fact]
    public async Task A_vmmd_that_goes_away_in_the_middle_is_said_so()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("set-block", ":data", WriteZeros(1L << 30));
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.ChunkAsync();
        }

        (int status, _, string errors) = await running;
        Assert.Equal(121, status);
        Assert.StartsWith("albatross-client: [ERROR] ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(124, "a block device has 1 to 8796093022207 MB, not 0", "create-block", ":data", "0")]
    [InlineData(124, "a block device has 1 to 8796093022207 MB, not 8796093022208", "create-block", ":data", "8796093022208")]
    [InlineData(124, "content has 1048577 bytes, which is more than 1 MB: nothing was made", "create-block", ":data", "1", "--data", "content")]
    [InlineData(124, "demo: is a path: give the name of a block device", "create-block", "demo:", "1")]
    [InlineData(124, "Could not find file", "set-block", ":data", "missing")]
    [InlineData(124, "a compression level is 0 to 9, not 10", "dump-block", ":data", "--compression-level", "10")]
    [InlineData(124, "a compression level is 0 to 9, not 10", "get", ":data", "--compression-level", "10")]
    public async Task What_cannot_be_asked_for_is_not_asked_for(int expected, string why, params string[] arguments)
    {
        Write(Noise(Mib + 1));

        (int status, _, string errors) = await RunAsync(arguments);

        Assert.Equal(expected, status);
        Assert.Contains(why, errors, StringComparison.Ordinal);
        Assert.False(_vmmd.IsWaitedFor);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task A_dump_is_a_new_file_that_only_its_owner_can_read(int level)
    {
        byte[] content = Noise(300_000);
        byte[] sent = level > 0 ? Packed(content) : content;
        Task<(int Status, string Output, string Errors)> running = RunAsync("dump-block", ":data", "--compression-level", $"{level}");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            Assert.Equal(new Command.BlockDump(level), vmmd.Command);
            await vmmd.AnswerAsync(new Reply.BlockDeviceImage(level > 0));
            foreach (byte[] part in sent.Chunk(65_536))
            {
                await vmmd.AnswerAsync(new Reply.BlockData(part));
            }

            await vmmd.AnswerAsync(new Reply.BlockData(default(ReadOnlyMemory<byte>?)));
            await vmmd.ClosedAsync();
        }

        (int status, string output, string errors) = await running;
        string[] lines = output.TrimEnd('\n').Split('\n');
        string file = lines[1][(lines[1].LastIndexOf(' ') + 1)..];
        Assert.Equal((0, ""), (status, errors));
        Assert.Equal($"host [unikernel: :data]: block device compressed {(level > 0 ? "true" : "false")}", lines[0]);
        Assert.StartsWith($"host [unikernel: :data]: dumped to {_directory.Path}/:data.", lines[1], StringComparison.Ordinal);
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("a failure in the middle", 117, "command failed streaming block device")]
    [InlineData("an end in the middle", 121, "the connection was closed in the middle of the data")]
    [InlineData("something else in the middle", 121, "Success in the middle of the data")]
    [InlineData("a zlib stream without its end", 121, "what was sent is damaged: Unexpected end of input: the data is incomplete, or something follows it")]
    [InlineData("a zlib stream with more behind it", 121, "what was sent is damaged: Unexpected end of input: the data is incomplete, or something follows it")]
    [InlineData("no zlib stream", 121, "what was sent is damaged")]
    public async Task A_dump_that_fails_leaves_no_file(string how, int expected, string why)
    {
        byte[] packed = Packed(Noise(200_000));
        Task<(int Status, string Output, string Errors)> running = RunAsync("dump-block", ":data");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.AnswerAsync(new Reply.BlockDeviceImage(Compressed: true));
            foreach (Reply reply in Continuation(how, packed))
            {
                await vmmd.AnswerAsync(reply);
            }
        }

        (int status, _, string errors) = await running;
        Assert.Equal(expected, status);
        Assert.Contains(why, errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_dump_that_is_refused_is_a_failure()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("dump-block", ":data");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            await vmmd.AnswerAsync(Reply.Failure.Of("dump block: not found"));
        }

        (int status, _, string errors) = await running;
        Assert.Equal(117, status);
        Assert.Contains("command failed dump block: not found", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public async Task A_device_is_destroyed()
    {
        Task<(int Status, string Output, string Errors)> running = RunAsync("destroy-block", ":data");
        using (ScriptedConnection vmmd = await _vmmd.AcceptAsync(Stopping))
        {
            Assert.IsType<Command.BlockRemove>(vmmd.Command);
            await vmmd.AnswerAsync(Reply.Success.Of("removed block"));
        }

        Assert.Equal((0, "host [unikernel: :data]: success: removed block\n", ""), await running);
    }

    [Theory]
    [InlineData("set-block data content --csr", true)]
    [InlineData("set-block data content --csr --compression-level 0", false)]
    public async Task A_request_to_set_a_device_says_whether_its_content_will_be_packed(string arguments, bool isCompressed)
    {
        (int status, _, string errors) = await ClientProcess.RunAsync(_directory.Path, "", arguments.Split(' '));

        Assert.Equal((0, ""), (status, errors));
        Assert.True(Pem.TryParse(File.ReadAllText(Path.Combine(_directory.Path, "data.req")), out ImmutableArray<PemBlock> blocks, out _));
        Assert.True(SigningRequest.TryParse(blocks[0].Der, out SigningRequest? request, out _));
        Assert.Equal(new Command.BlockSet(isCompressed), request.Command);
    }

    [Fact]
    public async Task A_request_cannot_be_for_two_commands()
    {
        Write([1]);

        (int status, _, string errors) = await ClientProcess.RunAsync(
            _directory.Path, "", "create-block", "data", "1", "--data", "content", "--csr");

        Assert.Equal(124, status);
        Assert.Contains("a request is for one command", errors, StringComparison.Ordinal);
    }

    private static Reply[] Continuation(string how, byte[] packed)
    {
        var end = new Reply.BlockData(default(ReadOnlyMemory<byte>?));
        var half = new Reply.BlockData(packed.AsMemory(0, packed.Length / 2));
        return how switch
        {
            "a failure in the middle" => [half, Reply.Failure.Of("streaming block device")],
            "an end in the middle" => [half],
            "something else in the middle" => [half, Reply.Success.Of("set block device")],
            "a zlib stream without its end" => [new Reply.BlockData(packed.AsMemory(0, packed.Length - 1)), end],
            "a zlib stream with more behind it" => [new Reply.BlockData(packed), new Reply.BlockData(new byte[] { 7 }), end],
            "no zlib stream" => [new Reply.BlockData("no zlib stream"u8.ToArray()), end],
            _ => throw new ArgumentException(how),
        };
    }

    private static Name NameOf(string text) => Name.TryParse(text, out Name name, out _) ? name : throw new ArgumentException(text);

    private static byte[] Noise(int bytes)
    {
        byte[] noise = new byte[bytes];
        new Random(bytes).NextBytes(noise.AsSpan(bytes / 2));   // half of it can be packed
        return noise;
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Unpacked(byte[] packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        zlib.CopyTo(bytes);
        return bytes.ToArray();
    }

    private string Write(byte[] content)
    {
        File.WriteAllBytes(Path.Combine(_directory.Path, "content"), content);
        return "content";
    }

    private string WriteZeros(long bytes)
    {
        using FileStream file = File.Create(Path.Combine(_directory.Path, "content"));
        file.SetLength(bytes);
        return "content";
    }

    private Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments) =>
        ClientProcess.RunAsync(_directory.Path, "", [.. arguments, "--tmpdir", _directory.Path]);
}
