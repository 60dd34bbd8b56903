using System.Diagnostics;
using System.Globalization;
using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Daemon;

/// <summary>The daemon may die: what the next one makes of the tenders that it finds.</summary>
public sealed class AdoptionTests
{
    private static readonly string[] OnlyTheBridge = ["br0", "br0-up"];

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task After_kill_9_unikernels_run_on_with_console_info_and_metrics_and_can_be_destroyed(GuestTarget target)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = target == GuestTarget.Hvt });
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(20), target));
        await daemon.RemoteAsync(["create", "tough", image, "--mem", "16", "--arg", "--password=none"]).Succeeds();
        int tender = daemon.TenderOf("demo:tough")!.Value;

        await daemon.KillAsync();
        Assert.True(RunningDaemon.IsAlive(tender), "a tender outlives its daemon");
        await daemon.StartAgainAsync();

        Assert.Equal(tender, daemon.TenderOf("demo:tough"));
        Assert.Contains($"demo:tough runs on as process {tender}", daemon.Log, StringComparison.Ordinal);
        Assert.Contains("1 tenders adopted, 0 to be ended, 0 ended meanwhile; freed 0 taps, 0 FIFOs, 0 images", daemon.Log, StringComparison.Ordinal);
        Assert.Contains("tough", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
        using (var subscriber = Followed.Start(daemon, "tough"))
        {
            await RunningDaemon.Eventually(() => subscriber.Lines.Count > 20, () => daemon.Log);
            AssertEveryLineOnce(subscriber.Lines);
        }

        using var http = new HttpClient();
        string metrics = await http.GetStringAsync($"http://{daemon.Metrics}/metrics");
        Assert.Contains("albatross_unikernel_up{unikernel=\"demo:tough\",path=\"demo:\"} 1", metrics, StringComparison.Ordinal);

        await daemon.RemoteAsync(["destroy", "tough"]).Succeeds();
        Assert.False(RunningDaemon.IsAlive(tender));
        AssertNothingIsHeld(daemon);
    }

    [Fact]
    public async Task When_vmmd_alone_is_killed_a_subscriber_misses_no_line_and_sees_none_twice()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(5), GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "tough", image, "--mem", "16"]).Succeeds();
        int tender = daemon.TenderOf("demo:tough")!.Value;
        int vmmd = daemon.ProcessOf("Vmmd");
        using var subscriber = Followed.Start(daemon, "tough");
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > 20, () => daemon.Log);

        RunningDaemon.Signal(vmmd, 9);

        await RunningDaemon.Eventually(() => daemon.Log.Contains("demo:tough runs on as process", StringComparison.Ordinal), () => daemon.Log);
        int seen = subscriber.Lines.Count;
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > seen + 100, () => daemon.Log);
        AssertEveryLineOnce(subscriber.Lines.Skip(1));
        Assert.Equal(tender, daemon.TenderOf("demo:tough"));
    }

    [Fact]
    public async Task A_tender_that_ends_while_no_daemon_is_there_is_noticed_and_started_again()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16"]).Succeeds();
        int one = daemon.TenderOf("demo:one")!.Value, two = daemon.TenderOf("demo:two")!.Value;
        await daemon.KillAsync();
        await RunningDaemon.EndAsync(one);

        await daemon.StartAgainAsync();

        Assert.Contains("demo:one has ended while no daemon ran", daemon.Log, StringComparison.Ordinal);
        await RunningDaemon.Eventually(() => daemon.TenderOf("demo:one") is { } again && RunningDaemon.IsAlive(again), () => daemon.Log);
        Assert.NotEqual(one, daemon.TenderOf("demo:one"));
        Assert.Equal(two, daemon.TenderOf("demo:two"));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_unikernel_that_runs_on_keeps_its_tap_and_its_end_is_told_with_the_status(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("br0 1500 10.0.0.1/24");
        await using RunningDaemon daemon = await DeviceTests.StartAsync(network, target);
        string image = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: 2, target));
        await daemon.RemoteAsync(["create", "echo", image, "--mem", "16", "--net", "service0:br0"]).Succeeds();
        await daemon.KillAsync();
        Assert.Contains("vmmtap0", await network.Links());
        await daemon.StartAgainAsync();

        await DeviceTests.Answers(network, "10.0.0.2");   // and with the second reply it ends

        // PIDFD_INFO_EXIT came with Linux 6.15. Without it, if its parent is quicker, the unikernel is started again, because it is wanted.
        bool isTold = Environment.OSVersion.Version >= new Version(6, 15);
        string[] ends = ["demo:echo exited with status 0", .. isTold ? (string[])[] : ["demo:echo has ended, nobody knows how"]];
        await RunningDaemon.Eventually(() => ends.Any(end => daemon.Log.Contains(end, StringComparison.Ordinal)), () => daemon.Log);
        if (isTold)
        {
            Assert.Contains("no unikernels", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
            Assert.Equal(OnlyTheBridge, await network.Links());
        }
    }

    [Fact]
    public async Task A_daemon_that_was_killed_in_the_middle_of_a_start_has_not_lost_its_tender()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16"]).Succeeds();
        int one = daemon.TenderOf("demo:one")!.Value, two = daemon.TenderOf("demo:two")!.Value;
        await daemon.KillAsync();

        // As it is between clone and the second writing of the record: of one tender that runs, of another that does not.
        foreach (string name in (string[])["demo:one", "demo:two"])
        {
            string record = daemon.RecordOf(name);
            File.WriteAllLines(record, File.ReadAllLines(record).Where(line => !line.StartsWith("process ", StringComparison.Ordinal)));
        }

        await RunningDaemon.EndAsync(two);
        await daemon.StartAgainAsync();

        Assert.Equal(one, daemon.TenderOf("demo:one"));
        Assert.Contains("demo:two has ended while no daemon ran", daemon.Log, StringComparison.Ordinal);
        await RunningDaemon.Eventually(() => daemon.TenderOf("demo:two") is { } again && RunningDaemon.IsAlive(again), () => daemon.Log);
        await daemon.RemoteAsync(["destroy", "one"]).Succeeds();
        Assert.False(RunningDaemon.IsAlive(one));
    }

    [Fact]
    public async Task A_process_that_was_given_the_number_of_a_tender_is_left_alone()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        int tender = daemon.TenderOf("demo:one")!.Value;
        await daemon.KillAsync();
        await RunningDaemon.EndAsync(tender);
        using Process stranger = Process.Start("sleep", "600");
        try
        {
            string record = daemon.RecordOf("demo:one");
            string number = stranger.Id.ToString(CultureInfo.InvariantCulture);
            File.WriteAllText(record, File.ReadAllText(record).Replace($"process {tender} ", $"process {number} ", StringComparison.Ordinal));

            await daemon.StartAgainAsync();

            Assert.Contains("demo:one has ended while no daemon ran", daemon.Log, StringComparison.Ordinal);
            await RunningDaemon.Eventually(() => daemon.TenderOf("demo:one") is { } again && again != stranger.Id, () => daemon.Log);
            await daemon.RemoteAsync(["destroy", "one"]).Succeeds();
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
            await stranger.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task What_is_not_wanted_any_more_or_cannot_be_read_is_ended_and_leaves_nothing()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16"]).Succeeds();
        int one = daemon.TenderOf("demo:one")!.Value, two = daemon.TenderOf("demo:two")!.Value;
        await daemon.KillAsync();
        File.Delete(Path.Combine(daemon.Directory, "db/state.albatross"));
        File.WriteAllText(daemon.RecordOf("demo:two"), "written by somebody else\n");
        string unfinished = Path.Combine(Path.GetDirectoryName(daemon.RecordOf("demo:two"))!, "unfinished");
        File.WriteAllText(unfinished, "albatross-te");

        await daemon.StartAgainAsync();

        Assert.Contains($"demo:one runs as process {one} of an earlier daemon, but is not wanted so", daemon.Log, StringComparison.Ordinal);
        Assert.Contains("the record demo:two of a tender cannot be read", daemon.Log, StringComparison.Ordinal);
        await RunningDaemon.Eventually(() => !RunningDaemon.IsAlive(one) && !RunningDaemon.IsAlive(two), () => daemon.Log);
        await RunningDaemon.Eventually(
            () => !Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run/fifo")).Any(), () => "a FIFO is left");
        Assert.False(File.Exists(unfinished));
        AssertNothingIsHeld(daemon);
    }

    [Fact]
    public async Task SIGTERM_leaves_unikernels_to_the_next_daemon()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(20), GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        int tender = daemon.TenderOf("demo:one")!.Value;

        Assert.Equal(0, await daemon.StopAsync());
        Assert.True(RunningDaemon.IsAlive(tender));
        await daemon.StartAgainAsync();

        Assert.Equal(tender, daemon.TenderOf("demo:one"));
        using var subscriber = Followed.Start(daemon, "one");
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > 20, () => daemon.Log);
    }

    // What a ticker prints is counted.
    private static void AssertEveryLineOnce(IEnumerable<string> lines)
    {
        int[] numbers = [.. lines.Where(line => line.Length == 8).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Length), numbers);
    }

    private static void AssertNothingIsHeld(RunningDaemon daemon)
    {
        foreach (string directory in (string[])["run/fifo", "run/tenders", "run/taps", "db/images"])
        {
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, directory)));
        }
    }
}
