using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>The metrics page, read by hand and by a real Prometheus.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task The_page_shows_a_unikernel_while_it_runs_and_that_it_has_ended()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["memory-hog"]());
        await daemon.RemoteAsync(["create", "seen", image, "--mem", "32"]).Succeeds();

        await Eventually(daemon, page => Value(page, "albatross_unikernel_resident_bytes") > 24 << 20);
        string page = await PageAsync(daemon);
        Assert.Equal(1, Value(page, "albatross_unikernel_up"));
        Assert.Equal(0, Value(page, "albatross_unikernel_restarts_total"));
        Assert.True(Value(page, "albatross_unikernel_cpu_seconds_total") >= 0);
        double started = Value(page, "albatross_unikernel_start_time_seconds") ?? 0;
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - started, -5, 60);
        Assert.Contains("albatross_build_info{version=", page, StringComparison.Ordinal);
        Assert.Contains("process_cpu_seconds_total", page, StringComparison.Ordinal);

        await daemon.RemoteAsync(["destroy", "seen"]).Succeeds();

        await Eventually(daemon, later => Value(later, "albatross_unikernel_up") == 0);
        Assert.Null(Value(await PageAsync(daemon), "albatross_unikernel_resident_bytes"));
    }

    [Fact]
    public async Task A_real_Prometheus_scrapes_it_and_answers_a_query()
    {
        string prometheus = HostRequirement.Prometheus();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "scraped", image, "--mem", "16"]).Succeeds();
        string template = await File.ReadAllTextAsync(Path.Combine(Programs.RepositoryRoot, "deploy/prometheus/prometheus.yml"));
        string configuration = Path.Combine(daemon.Directory, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, template
            .Replace("127.0.0.1:9425", daemon.Metrics, StringComparison.Ordinal)
            .Replace("scrape_interval: 15s", "scrape_interval: 1s", StringComparison.Ordinal));
        int port = FreePort();
        using Process server = Process.Start(new ProcessStartInfo(prometheus,
        [
            $"--config.file={configuration}",
            $"--storage.tsdb.path={Path.Combine(daemon.Directory, "tsdb")}",
            $"--web.listen-address=127.0.0.1:{port}",
        ]) { RedirectStandardError = true })!;
        server.BeginErrorReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            string value = "";
            await RunningDaemon.Eventually(
                () => (value = Query(http, "albatross_unikernel_up{unikernel=\"demo:scraped\",path=\"demo:\"}")) != "",
                () => $"Prometheus knows nothing of it: {daemon.Log}");
            Assert.Equal("1", value);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static string Query(HttpClient http, string query)
    {
        try
        {
            using var document = JsonDocument.Parse(http.GetStringAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(query), UriKind.Relative)).Result);
            JsonElement result = document.RootElement.GetProperty("data").GetProperty("result");
            return result.GetArrayLength() == 1 ? result[0].GetProperty("value")[1].GetString()! : "";
        }
        catch (AggregateException e) when (e.InnerException is HttpRequestException)
        {
            return "";   // it does not listen yet
        }
    }

    private static async Task<string> PageAsync(RunningDaemon daemon)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://{daemon.Metrics}/metrics"));
    }

    private static async Task Eventually(RunningDaemon daemon, Func<string, bool> holds)
    {
        string page = "";
        await RunningDaemon.Eventually(() => holds(page = PageAsync(daemon).Result), () => page);
    }

    private static double? Value(string page, string metric)
    {
        string? line = page.Split('\n').FirstOrDefault(text => text.StartsWith(metric + "{", StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
