using System.Text;
using Albatross.Daemon.Stats;
using Albatross.Orchestration.Sampling;
using Albatross.Policy.Names;

namespace Albatross.Tests.Daemon;

/// <summary>The metrics page, sampled from this test's own process.</summary>
public sealed class UnikernelMetricsTests
{
    private const int NoProcess = int.MaxValue;   // larger than any process number of Linux

    private static readonly Name Web = NameOf("foo:web");

    [Fact]
    public async Task A_running_unikernel_is_up_and_measured()
    {
        string[] page = await PageOf(WatchedTenders.None.Started(Web, Environment.ProcessId));

        Assert.Contains("albatross_unikernel_up{unikernel=\"foo:web\",path=\"foo:\"} 1", page);
        Assert.Contains("albatross_unikernel_restarts_total{unikernel=\"foo:web\",path=\"foo:\"} 0", page);
        Assert.InRange(ValueOf(page, "albatross_unikernel_resident_bytes"), 1 << 20, 1L << 40);
        Assert.InRange(ValueOf(page, "albatross_unikernel_cpu_seconds_total"), 0.01, 36_000);
        double started = ValueOf(page, "albatross_unikernel_start_time_seconds");
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - started, -2, 36_000);
    }

    [Fact]
    public async Task An_ended_unikernel_is_down_and_has_no_measurements()
    {
        string[] page = await PageOf(WatchedTenders.None.Started(Web, Environment.ProcessId).Ended(Web, DateTimeOffset.UtcNow));

        Assert.Contains("albatross_unikernel_up{unikernel=\"foo:web\",path=\"foo:\"} 0", page);
        Assert.DoesNotContain(page, line => line.StartsWith("albatross_unikernel_resident_bytes{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_whose_process_is_gone_before_vmmd_says_so_is_down()
    {
        string[] page = await PageOf(WatchedTenders.None.Started(Web, NoProcess));

        Assert.Contains("albatross_unikernel_up{unikernel=\"foo:web\",path=\"foo:\"} 0", page);
    }

    [Fact]
    public async Task One_that_ended_after_it_was_shown_loses_its_measurements_and_later_its_lines()
    {
        UnikernelMetrics metrics = new("1.2.3");
        WatchedTenders running = WatchedTenders.None.Started(Web, Environment.ProcessId);
        Assert.Contains(await PageOf(metrics, running), IsCpuTime);

        string[] ended = await PageOf(metrics, running.Ended(Web, DateTimeOffset.UtcNow));
        Assert.DoesNotContain(ended, IsCpuTime);
        Assert.Contains("albatross_unikernel_up{unikernel=\"foo:web\",path=\"foo:\"} 0", ended);

        string[] forgotten = await PageOf(metrics, running.Ended(Web, DateTimeOffset.UtcNow - TimeSpan.FromMinutes(6)));
        Assert.DoesNotContain(forgotten, line => line.Contains("unikernel=\"foo:web\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_further_start_is_a_restart()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 7_000_001).Started(Web, 7_000_002).Started(Web, Environment.ProcessId);

        Assert.Contains("albatross_unikernel_restarts_total{unikernel=\"foo:web\",path=\"foo:\"} 2", await PageOf(tenders));
    }

    [Fact]
    public async Task One_that_came_back_after_it_was_forgotten_counts_anew()
    {
        UnikernelMetrics metrics = new("1.2.3");
        await PageOf(metrics, WatchedTenders.None.Started(Web, 7_000_001).Started(Web, 7_000_002));
        await PageOf(metrics, WatchedTenders.None);

        Assert.Contains(
            "albatross_unikernel_restarts_total{unikernel=\"foo:web\",path=\"foo:\"} 0",
            await PageOf(metrics, WatchedTenders.None.Started(Web, Environment.ProcessId)));
    }

    [Fact]
    public async Task The_version_is_told()
    {
        Assert.Contains("albatross_build_info{version=\"1.2.3\"} 1", await PageOf(WatchedTenders.None));
    }

    private static Task<string[]> PageOf(WatchedTenders tenders) => PageOf(new UnikernelMetrics("1.2.3"), tenders);

    private static async Task<string[]> PageOf(UnikernelMetrics metrics, WatchedTenders tenders)
    {
        metrics.Watch(() => tenders);
        using var page = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(page, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(page.ToArray()).Split('\n');
    }

    private static bool IsCpuTime(string line) => line.StartsWith("albatross_unikernel_cpu_seconds_total{", StringComparison.Ordinal);

    private static double ValueOf(string[] page, string metric)
    {
        string line = Assert.Single(page, line => line.StartsWith(metric + "{unikernel=\"foo:web\"", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Name NameOf(string text) => Name.TryParse(text, out Name name, out _) ? name : throw new ArgumentException(text);
}
