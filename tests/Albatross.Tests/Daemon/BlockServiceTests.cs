using System.IO.Compression;
using System.Net.Sockets;
using Albatross.Daemon;
using Albatross.Daemon.Vmmd;
using Albatross.Daemon.Wire;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tests.Certificates;
using Albatross.Tests.Orchestration;
using Albatross.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Albatross.Tests.Daemon;

/// <summary>Block devices as files, filled and sent over a real socket.</summary>
public sealed class BlockServiceTests : IAsyncDisposable
{
    private const int Mebibyte = 1 << 20;

    private static readonly Name Disk = VmmdScript.NameOf("foo:disk");
    private static readonly byte[] Old = Pattern(Mebibyte, seed: 1);

    private readonly TemporaryDirectory _directory = new();
    private readonly LocalConnection _connection;
    private readonly Socket _peer;
    private readonly FrameChannel _frames;
    private readonly BlockDirectory _blocks;
    private readonly BlockService _service;
    private Task _sending = Task.CompletedTask;
    private readonly Requester _requester = new(1, new Header(0, Disk));

    public BlockServiceTests()
    {
        DaemonOptions options = new()
        {
            RunDirectory = _directory.Path,
            DataDirectory = _directory.Path,
            CaFile = "",
            CertificateFile = "",
            KeyFile = "",
            Address = "127.0.0.1",
            Port = 0,
            MetricsPort = 0,
            EndWithInput = false,
        };
        _blocks = new BlockDirectory(options, NullLogger.Instance);
        _blocks.RemoveUnfinished();
        (Socket ours, _peer) = Pair();
        _connection = new LocalConnection(1, new NetworkStream(ours, ownsSocket: true), FrameLimits.LocalSocket, NullLogger.Instance);
        _frames = new FrameChannel(new NetworkStream(_peer, ownsSocket: true), FrameLimits.Reply);
        _service = new BlockService(_blocks, id => id == 1 ? _connection : null, TimeProvider.System);
    }

    private string File => Path.Combine(_directory.Path, "block", "foo:disk");

    private string[] Unfinished => Directory.GetFiles(Path.Combine(_directory.Path, "block", ".unfinished"));

    [Fact]
    public async Task A_new_block_device_is_zero_and_takes_no_space()
    {
        await Carry(new VmmdEffect.MakeBlock(Disk, 64, Content: null));

        Assert.Equal(64L * Mebibyte, new FileInfo(File).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Equal([(Disk, 64L)], _blocks.Scan());
        Assert.Empty(Unfinished);
    }

    [Fact]
    public async Task A_file_that_vmmd_does_not_know_is_not_overwritten()
    {
        await System.IO.File.WriteAllTextAsync(File, "precious", TestContext.Current.CancellationToken);

        Assert.Equal("file already exists", await Refused(new VmmdEffect.MakeBlock(Disk, 1, Content: null)));
        var content = new BlockContent(Compressed: false, Sender: null, "other"u8.ToArray());
        Assert.Equal("file already exists", await Refused(new VmmdEffect.MakeBlock(Disk, 1, content)));
        Assert.Equal("precious", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_sent_in_chunks_stands_on_the_device_and_the_rest_is_zero(bool compressed)
    {
        MakeOld();
        byte[] content = Pattern(300_000, seed: 2);

        Task<VmmdInput> filling = Fill(compressed);
        Send(compressed ? Packed(content) : content, chunkBytes: 70_000);

        Assert.IsType<VmmdInput.BlockDone>(await filling);
        byte[] whole = [.. content, .. new byte[Mebibyte - content.Length]];
        Assert.Equal(whole, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
        Assert.Empty(Unfinished);
    }

    [Fact]
    public async Task More_than_the_size_is_refused_and_the_old_content_stays()
    {
        MakeOld();

        Task<VmmdInput> filling = Fill(compressed: false);
        Send(new byte[Mebibyte + 1], chunkBytes: Mebibyte);

        await StaysOld("stream exceeds size", filling);
    }

    [Fact]
    public async Task A_bomb_is_refused_at_the_size_of_the_device_and_the_old_content_stays()
    {
        MakeOld();

        Task<VmmdInput> filling = Fill(compressed: true);
        Send(Packed(new byte[64 * Mebibyte]), chunkBytes: 1000);

        await StaysOld("stream exceeds size", filling);
    }

    [Theory]
    [InlineData(0)]      // truncated in its data
    [InlineData(4)]      // its checksum is missing
    [InlineData(-1)]     // something follows it
    public async Task Compressed_content_that_is_not_whole_is_refused_and_the_old_content_stays(int missing)
    {
        MakeOld();
        byte[] packed = Packed(Pattern(100_000, seed: 3));
        byte[] damaged = missing switch { 0 => packed[..1000], > 0 => packed[..^missing], _ => [.. packed, 0] };

        Task<VmmdInput> filling = Fill(compressed: true);
        Send(damaged, chunkBytes: 500);

        await StaysOld("error writing to file descriptor: Unexpected end of input: the data is incomplete, or something follows it", filling);
    }

    [Fact]
    public async Task Content_that_is_not_compressed_as_was_said_is_refused_and_the_old_content_stays()
    {
        MakeOld();

        Task<VmmdInput> filling = Fill(compressed: true);
        Send("no zlib at all"u8.ToArray(), chunkBytes: 5);

        VmmdInput.BlockFailed failed = Assert.IsType<VmmdInput.BlockFailed>(await filling);
        Assert.StartsWith("error writing to file descriptor: ", failed.Refusal.Text, StringComparison.Ordinal);
        Assert.Equal(Old, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_sender_that_goes_away_before_its_end_marker_leaves_the_old_content()
    {
        MakeOld();

        Task<VmmdInput> filling = Fill(compressed: false);
        await _frames.WriteAsync(FrameWriter.Write([1, 2, 3]), TestContext.Current.CancellationToken);
        await _frames.DisposeAsync();

        await StaysOld("error while reading stream: its sender is gone", filling);
    }

    [Fact]
    public async Task What_is_given_up_leaves_the_old_content()
    {
        MakeOld();

        Task<VmmdInput> filling = Fill(compressed: false);
        _service.GiveUp(Disk);

        Assert.IsType<VmmdInput.BlockFailed>(await filling);
        Assert.Equal(Old, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
        Assert.Empty(Unfinished);
    }

    [Fact]
    public async Task What_a_killed_daemon_was_writing_is_removed()
    {
        MakeOld();
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(_directory.Path, "block", ".unfinished", "foo:disk"), "half", TestContext.Current.CancellationToken);

        _blocks.RemoveUnfinished();

        Assert.Empty(Unfinished);
        Assert.Equal([(Disk, 1L)], _blocks.Scan());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public async Task A_dump_is_the_whole_content_in_chunks_up_to_an_end(int level)
    {
        MakeOld();

        Task<VmmdInput> sending = _service.CarryAsync(
            new VmmdEffect.SendBlock(Disk, _requester, level, IsWhole: false), TestContext.Current.CancellationToken);
        Assert.Equal(new Reply.BlockDeviceImage(level > 0), await Answer());
        using var content = new MemoryStream();
        while (await Answer() is Reply.BlockData { Bytes: { } chunk })
        {
            Assert.InRange(chunk.Length, 1, level == 0 ? 4096 : 65536);
            content.Write(chunk.Span);
        }

        Assert.Equal(Old, level == 0 ? content.ToArray() : Unpacked(content.ToArray()));
        Assert.IsType<VmmdInput.BlockDone>(await sending);
    }

    [Fact]
    public async Task The_old_form_of_a_dump_is_one_answer()
    {
        MakeOld();

        await Carry(new VmmdEffect.SendBlock(Disk, _requester, Level: 6, IsWhole: true));

        Reply.OldBlockDeviceImage image = Assert.IsType<Reply.OldBlockDeviceImage>(await Answer());
        Assert.True(image.Compressed);
        Assert.Equal(Old, Unpacked(image.Bytes.ToArray()));
    }

    [Fact]
    public async Task A_file_that_somebody_removed_is_said_to_be_missing()
    {
        VmmdInput outcome = await _service.CarryAsync(
            new VmmdEffect.SendBlock(Disk, _requester, Level: 0, IsWhole: false), TestContext.Current.CancellationToken);

        Assert.IsType<VmmdInput.BlockFailed>(outcome);
        Assert.Equal(Reply.Failure.Of("file does not exist"), await Answer());
    }

    [Fact]
    public async Task A_device_behind_a_link_is_written_as_it_stands_and_cleared_behind_the_content()
    {
        string target = Path.Combine(_directory.Path, "volume");
        await System.IO.File.WriteAllBytesAsync(target, Old, TestContext.Current.CancellationToken);
        System.IO.File.CreateSymbolicLink(File, target);

        var content = new BlockContent(Compressed: false, Sender: null, "new"u8.ToArray());
        await Carry(new VmmdEffect.FillBlock(Disk, 1, content));

        Assert.Equal(target, new FileInfo(File).LinkTarget);
        byte[] whole = [.. "new"u8, .. new byte[Mebibyte - 3]];
        Assert.Equal(whole, await System.IO.File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _frames.DisposeAsync();
        _directory.Dispose();
    }

    private void MakeOld() => System.IO.File.WriteAllBytes(File, Old);

    private async Task StaysOld(string refusal, Task<VmmdInput> filling)
    {
        Assert.Equal(refusal, Assert.IsType<VmmdInput.BlockFailed>(await filling).Refusal.Text);
        Assert.Equal(Old, await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken));
        Assert.Empty(Unfinished);
    }

    private async Task Carry(VmmdEffect effect) =>
        Assert.IsType<VmmdInput.BlockDone>(await _service.CarryAsync(effect, TestContext.Current.CancellationToken));

    private async Task<string> Refused(VmmdEffect effect) => Assert.IsType<VmmdInput.BlockFailed>(
        await _service.CarryAsync(effect, TestContext.Current.CancellationToken)).Refusal.Text;

    private Task<VmmdInput> Fill(bool compressed) => _service.CarryAsync(
        new VmmdEffect.FillBlock(Disk, 1, new BlockContent(compressed, _requester, default)), TestContext.Current.CancellationToken);

    // Beside the reading, which may stop early: what it does not read waits in the socket until both ends are closed.
    private void Send(byte[] content, int chunkBytes)
    {
        _sending = Task.Run(async () =>
        {
            foreach (byte[] chunk in content.Chunk(chunkBytes))
            {
                await _frames.WriteAsync(FrameWriter.Write(chunk), TestContext.Current.CancellationToken);
            }

            await _frames.WriteAsync(new byte[4], TestContext.Current.CancellationToken);
        });
    }

    private async Task<Reply> Answer()
    {
        ReceivedFrame frame = await _frames.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(WireCodec.TryDecode(frame.Body, out Wire? wire, out _));
        return Assert.IsType<Wire.Answer>(wire).Reply;
    }

    private static (Socket Ours, Socket Theirs) Pair()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "socket");
        using Socket listener = LocalSocket.Listen(path);
        var theirs = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        theirs.Connect(new UnixDomainSocketEndPoint(path));
        return (listener.Accept(), theirs);
    }

    private static byte[] Pattern(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Unpacked(byte[] packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var content = new MemoryStream();
        zlib.CopyTo(content);
        return content.ToArray();
    }
}
