using System.Diagnostics;
using System.Net.Sockets;
using Albatross.Guests;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.HostTests.Daemon;

/// <summary>Block devices made, filled, dumped and removed by the client, on the local socket and over TLS.</summary>
public sealed class BlockCommandTests
{
    private const int Mib = 1 << 20;
    // Megabytes are compared at once and not printed.
    private static void AssertSame(byte[] expected, byte[] actual) =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), "the content is another");

    private static readonly DaemonPlace Place = new() { NeedsKvm = false, BlockMib = 64 };

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 9)]
    [InlineData(false, 0)]
    [InlineData(false, 6)]
    public async Task A_device_is_made_with_content_and_gives_it_back(bool isRemote, int level)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        byte[] content = Content(5 * Mib - 1000);

        string file = Write(daemon, content);
        string made = await Run(daemon, isRemote, "create-block", "data", "5", "--data", file, "--compression-level", $"{level}").Succeeds();
        Assert.Contains("success: added block device", made, StringComparison.Ordinal);
        Assert.Contains("success: set block device", made, StringComparison.Ordinal);
        Assert.Contains("size 5 MB active false", await Run(daemon, isRemote: true, "block").Succeeds(), StringComparison.Ordinal);

        AssertSame(Padded(content, 5), await Dump(daemon, isRemote, level));

        await Run(daemon, isRemote, "set-block", "data", Write(daemon, [1, 2, 3]), "--compression-level", $"{level}").Succeeds();
        AssertSame(Padded([1, 2, 3], 5), await Dump(daemon, isRemote, level));
        await Run(daemon, isRemote, "destroy-block", "data").Succeeds();
        Assert.Contains("no block devices", await Run(daemon, isRemote: true, "block").Succeeds(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_device_that_a_unikernel_uses_is_neither_set_nor_dumped_nor_destroyed(bool isRemote)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        byte[] content = Content(Mib);
        await Run(daemon, isRemote, "create-block", "data", "16", "--data", Write(daemon, content)).Succeeds();
        var guest = new GuestBuilder(GuestTarget.Spt);
        guest.Block("data");
        guest.Forever(() => guest.Sleep(TimeSpan.FromHours(1)));
        await daemon.RemoteAsync(["create", "one", DeployTests.Image(daemon, guest.Build()), "--mem", "16", "--block", "data"]).Succeeds();

        await Run(daemon, isRemote, "set-block", "data", Write(daemon, Content(16 * Mib)), "--compression-level", "0")
            .Fails(117, "set block: is in use");
        await Run(daemon, isRemote, "dump-block", "data").Fails(117, "dump block: is in use");
        await Run(daemon, isRemote, "destroy-block", "data").Fails(117, "remove block: is in use");

        await daemon.RemoteAsync(["destroy", "one"]).Succeeds();
        AssertSame(Padded(content, 16), await Dump(daemon, isRemote, level: 0));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 9)]
    [InlineData(false, 0)]
    public async Task Content_that_does_not_fit_is_refused_with_the_reason_and_the_old_is_kept(bool isRemote, int level)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        byte[] content = Content(Mib);
        await Run(daemon, isRemote, "create-block", "data", "1", "--data", Write(daemon, content)).Succeeds();

        await Run(daemon, isRemote, "set-block", "data", Write(daemon, Content(48 * Mib)), "--compression-level", $"{level}")
            .Fails(117, "stream exceeds size");

        AssertSame(content, await Dump(daemon, isRemote, level));
    }

    [Theory]
    [InlineData("what is no zlib stream")]
    [InlineData("a zlib stream that is cut")]
    public async Task A_zlib_stream_that_cannot_be_unpacked_is_refused_and_the_old_content_is_kept(string how)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        byte[] content = Content(Mib);
        await Run(daemon, isRemote: true, "create-block", "data", "1", "--data", Write(daemon, content)).Succeeds();
        byte[] packed = how == "a zlib stream that is cut" ? Packed(Content(Mib))[..^1] : Content(100_000);

        Reply answer = await SetAsync(daemon, "demo:data", packed);

        Assert.IsType<Reply.Failure>(answer);
        AssertSame(content, await Dump(daemon, isRemote: true, level: 9));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_is_killed_in_the_middle_leaves_the_old_content(bool isRemote)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        byte[] content = Content(8 * Mib);
        await Run(daemon, isRemote, "create-block", "data", "8", "--data", Write(daemon, content)).Succeeds();
        string pipe = Path.Combine(daemon.Pki, "pipe");
        using (Process mkfifo = Process.Start("mkfifo", [pipe]))
        {
            await mkfifo.WaitForExitAsync();
        }

        // The client reads from a pipe that never ends; what it has taken of it by then is far more than buffers hold.
        string[] words = Words(daemon, isRemote, ["set-block", "data", pipe, "--compression-level", "0"]);
        using Process client = ClientRun.Start(Place, daemon.Pki, words);
        await using (var feeding = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            await feeding.WriteAsync(new byte[6 * Mib]).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            RunningDaemon.Signal(client.Id, 9);
            await client.WaitForExitAsync();
        }

        ClientRun dump = await Run(daemon, isRemote, "dump-block", "data");
        for (int attempts = 0; dump.Status != 0 && attempts < 200; attempts++)
        {
            Assert.True(dump.Status == 117, dump.ToString());   // it is still being undone
            dump = await Run(daemon, isRemote, "dump-block", "data");
        }

        Assert.True(content.AsSpan().SequenceEqual(Dumped(dump.Output)));
    }

    [Fact]
    public async Task The_old_forms_over_TLS_fill_a_device_with_what_follows()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(Place);
        var ca = Issued.Load(daemon, "demo", "demo");
        byte[] first = Content(Mib);
        byte[] second = Content(2 * Mib);

        Issued.Leaf(daemon, ca, "data", new Command.BlockOldAdd(2, Compressed: false, Array.Empty<byte>()), Issued.Now);
        Assert.Contains("success: added block device", await Present(daemon, Write(daemon, first)).Succeeds(), StringComparison.Ordinal);
        AssertSame(Padded(first, 2), await Dump(daemon, isRemote: true, level: 0));
        await Present(daemon, Write(daemon, first)).Fails(117, "already exists");

        Issued.Leaf(daemon, ca, "data", new Command.BlockOldSet(Compressed: true, Array.Empty<byte>()), Issued.Now);
        Assert.Contains("success: set block device", await Present(daemon, Write(daemon, second)).Succeeds(), StringComparison.Ordinal);
        AssertSame(second, await Dump(daemon, isRemote: true, level: 0));
    }

    private static Task<ClientRun> Run(RunningDaemon daemon, bool isRemote, params string[] arguments) =>
        daemon.ClientAsync(Words(daemon, isRemote, arguments));

    // The same device: locally by its whole name, remotely by the part below the CA.
    private static string[] Words(RunningDaemon daemon, bool isRemote, string[] arguments) => isRemote
        ? [.. arguments, "--destination", daemon.Endpoint, "--ca", "demo.pem", "--ca-key", "demo.key"]
        : [.. arguments.Select(word => word == "data" ? "demo:data" : word), "--tmpdir", Path.Combine(daemon.Directory, "run")];

    private static Task<ClientRun> Present(RunningDaemon daemon, string file) =>
        daemon.ClientAsync("certificate", "data.pem", "data.key", "-d", daemon.Endpoint, "--data", file);

    private static async Task<byte[]> Dump(RunningDaemon daemon, bool isRemote, int level) =>
        Dumped(await Run(daemon, isRemote, "dump-block", "data", "--compression-level", $"{level}").Succeeds());

    private static byte[] Dumped(string said)
    {
        string file = said[(said.LastIndexOf(' ') + 1)..].Trim();
        byte[] content = File.ReadAllBytes(file);
        File.Delete(file);   // the next dump may come within the same second
        return content;
    }

    private static async Task<Reply> SetAsync(RunningDaemon daemon, string device, byte[] packed)
    {
        Assert.True(Name.TryParse(device, out Name name, out _));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(daemon.Directory, "run/util/vmmd.sock")));
        await using var frames = new FrameChannel(new NetworkStream(socket), FrameLimits.Reply);
        await frames.WriteAsync(
            WireCodec.EncodeFramed(new Wire.Request(new Header(0, name), new Command.BlockSet(Compressed: true))), default);
        foreach (byte[] chunk in packed.Chunk(10_000))
        {
            await frames.WriteAsync(FrameWriter.Write(chunk), default);
        }

        await frames.WriteAsync(FrameWriter.EndMarker, default);
        ReceivedFrame received = await frames.ReadAsync(default);
        Assert.True(WireCodec.TryDecode(received.Body, out Wire? wire, out _));
        return Assert.IsType<Wire.Answer>(wire).Reply;
    }

    private static string Write(RunningDaemon daemon, byte[] content)
    {
        string file = Path.Combine(daemon.Pki, "content");
        File.WriteAllBytes(file, content);
        return file;
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Padded(byte[] content, int mib)
    {
        byte[] padded = new byte[mib * Mib];
        content.CopyTo(padded, 0);
        return padded;
    }

    private static byte[] Content(int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        return content;
    }
}
