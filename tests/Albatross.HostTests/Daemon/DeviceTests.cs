using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Daemon;

/// <summary>
/// Unikernels with network interfaces and block devices, deployed by certificate. Each daemon runs in a network namespace of its own with a
/// bridge, so that nothing of the machine is touched.
/// </summary>
public sealed class DeviceTests
{
    private const string Bridge = "br0 1500 10.0.0.1/24";
    private static readonly string[] OnlyTheBridge = ["br0", "br0-up"];

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_unikernel_on_a_bridge_is_pinged_and_leaves_no_tap(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges(Bridge);
        await using RunningDaemon daemon = await StartAsync(network, target);
        string image = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, target));

        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br0"]).Succeeds();

        Assert.Equal(["br0", "br0-up", "vmmtap0"], await network.Links());
        await Answers(network, "10.0.0.2");
        TenderRun neighbours = await network.Run("ip", "neigh", "show", "10.0.0.2");
        Assert.Contains("00:80:41:53:a8:7b", neighbours.Output, StringComparison.Ordinal);   // of service0 and demo:echo
        Assert.Contains("00:80:41:53:a8:7b", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);

        await daemon.RemoteAsync(["destroy", "echo"]).Succeeds();
        Assert.Equal(OnlyTheBridge, await network.Links());
        AssertNoDescriptor(daemon, "tun");
    }

    [Fact]
    public async Task A_unikernel_has_the_address_that_was_asked_for_and_its_bridges_MTU()
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("br0 9000 10.0.0.1/24");
        await using RunningDaemon daemon = await StartAsync(network, GuestTarget.Spt);
        string image = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br0@02:00:00:00:00:2a"]).Succeeds();

        using (var subscriber = Followed.Start(daemon, "echo"))
        {
            await RunningDaemon.Eventually(() => subscriber.Lines.Contains("MTU is 9000"), () => string.Join('\n', subscriber.Lines));
        }

        await Answers(network, "10.0.0.2");
        Assert.Contains("02:00:00:00:00:2a", (await network.Run("ip", "neigh", "show", "10.0.0.2")).Output, StringComparison.Ordinal);
        Assert.Contains("mtu 9000", (await network.Run("ip", "link", "show", "br0")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_unikernel_writes_to_its_block_device_and_to_no_other(GuestTarget target)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(
            new DaemonPlace { NeedsKvm = target == GuestTarget.Hvt, Blocks = [("demo:data", 2 << 20), ("other:data", 2 << 20)] });
        string image = DeployTests.Image(daemon, DeviceGuests.BlockCheck(4096, target));

        await daemon.RemoteAsync(["create", "writer", image, "--mem", "16", "--block", "storage:data@4096"]).Succeeds();

        await RunningDaemon.Eventually(
            () => daemon.Log.Contains("demo:writer exited with status 0", StringComparison.Ordinal), () => daemon.Log);
        byte[] written = File.ReadAllBytes(Path.Combine(daemon.Directory, "db/block/demo:data"));
        Assert.Equal(2 << 20, written.Length);
        Assert.Equal([0, 7, 14], written[4096..4099]);
        Assert.All(File.ReadAllBytes(Path.Combine(daemon.Directory, "db/block/other:data")), value => Assert.Equal(0, value));
        AssertNoDescriptor(daemon, "db/block");
    }

    [Fact]
    public async Task A_block_device_in_use_is_refused_to_a_second_unikernel_and_free_after_destroy()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(
            new DaemonPlace { NeedsKvm = false, Blocks = [("demo:data", 1 << 20)] });
        var guest = new GuestBuilder(GuestTarget.Spt);
        guest.Block("data");
        guest.Forever(() => guest.Sleep(TimeSpan.FromHours(1)));
        string image = DeployTests.Image(daemon, guest.Build());
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16", "--block", "data"]).Succeeds();

        await daemon.RemoteAsync(["create", "two", image, "--mem", "16", "--block", "data"])
            .Fails(117, "block device demo:data already in use");
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16", "--block", "data:none"])
            .Fails(117, "block device demo:none not found");
        Assert.Contains("data", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);

        await daemon.RemoteAsync(["create", "one", image, "--mem", "16", "--block", "data", "--force"]).Succeeds();
        await daemon.RemoteAsync(["destroy", "one"]).Succeeds();
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16", "--block", "data"]).Succeeds();
    }

    [Fact]
    public async Task A_bridge_that_the_policy_does_not_list_or_that_is_gone_is_refused_with_a_sentence()
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges(Bridge, "br1 1500 10.1.0.1/24");
        await using RunningDaemon daemon = await StartAsync(network, GuestTarget.Spt);
        string image = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br1"])
            .Fails(117, "bridges br1 not allowed by policy");
        string[] local = ["--tmpdir", Path.Combine(daemon.Directory, "run")];
        await daemon.ClientAsync(["create", "demo:echo", image, "--mem", "16", "--net", "service0:none", .. local])
            .Fails(117, "bridges none not allowed by policy");

        await network.Run("ip", "link", "delete", "br0");
        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br0"])
            .Fails(117, "policy of : above: bridges br0 not allowed by policy");
        Assert.DoesNotContain("vmmtap0", await network.Links());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run/fifo")));
    }

    [Fact]
    public async Task A_restarted_unikernel_is_on_its_bridge_again()
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges(Bridge);
        await using RunningDaemon daemon = await StartAsync(network, GuestTarget.Spt);
        string image = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: 2, GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br0", "--restart"]).Succeeds();
        await Answers(network, "10.0.0.2");
        await RunningDaemon.Eventually(
            () => daemon.Log.Contains("demo:echo exited with status 0", StringComparison.Ordinal), () => daemon.Log);

        await RunningDaemon.Eventually(() => daemon.TenderOf("demo:echo") is not null, () => daemon.Log);
        await Answers(network, "10.0.0.2");
        await daemon.RemoteAsync(["destroy", "echo"]).Succeeds();
        Assert.Equal(OnlyTheBridge, await network.Links());
    }

    internal static Task<RunningDaemon> StartAsync(NetworkNamespace network, GuestTarget target, params string[] options) =>
        RunningDaemon.StartAsync(new DaemonPlace
        {
            Before = network.Words, NeedsKvm = target == GuestTarget.Hvt, Bridges = ["br0"], Options = [.. options],
        });

    /// <summary>Two pings are answered.</summary>
    internal static async Task Answers(NetworkNamespace network, string address)
    {
        TenderRun ping = await network.Run("ping", "-q", "-i", "0.2", "-c", "2", "-w", "20", address);
        Assert.Contains("2 received", ping.Output, StringComparison.Ordinal);
    }

    private static void AssertNoDescriptor(RunningDaemon daemon, string part)
    {
        string[] open = [.. Directory.EnumerateFiles($"/proc/{daemon.ProcessOf("Vmmd")}/fd")
            .Select(file => new FileInfo(file).LinkTarget ?? "")];
        Assert.DoesNotContain(open, target => target.Contains(part, StringComparison.Ordinal));
    }
}
