using System.Diagnostics;
using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>Consoles over TLS.</summary>
public sealed class ConsoleTests
{
    [Fact]
    public async Task Two_subscribers_one_joining_in_the_middle_each_see_every_line_once()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(5)));
        await daemon.RemoteAsync(["create", "fast", image, "--mem", "16"]).Succeeds();

        using var first = Followed.Start(daemon, "fast");
        await RunningDaemon.Eventually(() => first.Lines.Count > 40, () => daemon.Log);
        using var second = Followed.Start(daemon, "fast");
        await RunningDaemon.Eventually(() => first.Lines.Count > 200 && second.Lines.Count > 200, () => daemon.Log);

        foreach (Followed subscriber in new[] { first, second })
        {
            IReadOnlyList<string> lines = subscriber.Lines;
            Assert.Equal("--name=fast", lines[0]);
            Assert.Equal(Enumerable.Range(1, lines.Count - 1).Select(n => n.ToString("d8", null)), lines.Skip(1));
        }
    }

    [Fact]
    public async Task The_console_of_a_unikernel_that_has_ended_can_still_be_read()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["hello"]());
        await daemon.RemoteAsync(["create", "short", image, "--mem", "16", "--arg", "goodbye"]).Succeeds();
        await RunningDaemon.Eventually(() => daemon.Log.Contains("demo:short exited with status 0", StringComparison.Ordinal), () => daemon.Log);

        using var late = Followed.Start(daemon, "short");
        await RunningDaemon.Eventually(() => late.Lines.Count > 0, () => daemon.Log);

        Assert.Contains("--name=short goodbye", late.Lines[0], StringComparison.Ordinal);
        Assert.Contains("no unikernels", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unikernel_outlives_the_console_service_and_is_heard_again_by_the_next_one()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(20)));
        await daemon.RemoteAsync(["create", "tough", image, "--mem", "16"]).Succeeds();
        int tender = daemon.TenderOf("demo:tough") ?? throw new InvalidOperationException("no tender");
        int console = daemon.ProcessOf("Console");

        RunningDaemon.Signal(console, 9);
        await RunningDaemon.Eventually(
            () => daemon.Log.Split("console listens on").Length == 3, () => daemon.Log);   // started is not yet listening
        Assert.NotEqual(console, daemon.ProcessOf("Console"));

        using var subscriber = Followed.Start(daemon, "tough");
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > 20, () => daemon.Log);
        Assert.True(RunningDaemon.IsAlive(tender));
        await daemon.RemoteAsync(["create", "another", image, "--mem", "16"]).Succeeds();
    }

    [Fact]
    public async Task A_unikernel_that_prints_without_end_is_slowed_down_and_the_daemon_stays_small()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["spewer"]());
        await daemon.RemoteAsync(["create", "loud", image, "--mem", "16", "--restart"]).Succeeds();

        using var subscriber = Followed.Start(daemon, "loud");
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > 1000, () => daemon.Log);

        await daemon.RemoteAsync(["destroy", "loud"]).Succeeds();
        ulong resident = Linux.ProcessStatus.Of(daemon.ProcessOf("Console"))!.ResidentBytes;
        Assert.True(resident < 256 << 20, $"the console service has {resident >> 20} MiB");
    }

    [Fact]
    public async Task A_subscriber_that_takes_nothing_does_not_hold_up_its_unikernel()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["spewer"]());
        await daemon.RemoteAsync(["create", "loud", image, "--mem", "16", "--restart"]).Succeeds();

        // Its output is never read, so first its pipe fills, then TLS, then the queue of the console service.
        using Process stalled = ClientRun.Start(
            daemon.Place, daemon.Pki, "console", "loud", "--destination", daemon.Endpoint, "--ca", "demo.pem", "--ca-key", "demo.key");
        try
        {
            await RunningDaemon.Eventually(() => daemon.Log.Contains("it took nothing for 5 s", StringComparison.Ordinal), () => daemon.Log);
            using var other = Followed.Start(daemon, "loud");
            await RunningDaemon.Eventually(() => other.Lines.Count > 20_000, () => daemon.Log);
        }
        finally
        {
            stalled.Kill();
        }
    }
}
