using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Daemon;

/// <summary>A host moves from the original to this daemon, and back.</summary>
public sealed class MovingTests
{
    private static readonly string[] Unikernels = ["alpha:beta:below", "alpha:blks", "alpha:many", "alpha:nets", "alpha:noname", ":rootuk"];

    [Fact]
    public async Task A_first_start_runs_what_the_original_wanted_and_a_later_one_what_is_wanted_then()
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("service 1500 10.0.0.1/24", "br1 1500 10.0.1.1/24");
        string original = Programs.Golden("state-dump.mixed");
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace
        {
            Before = network.Words, OriginalState = original, Blocks = [("alpha:data", 1 << 20), ("alpha:blk-a", 2 << 20)],
        });
        string[] local = ["--socket", Path.Combine(daemon.Directory, "run/util/vmmd.sock")];
        string data = Path.Combine(daemon.Directory, "db");

        await RunningDaemon.Eventually(() => Unikernels.All(name => daemon.TenderOf(name) is not null), () => daemon.Log);

        Assert.Contains("6 of 6 unikernels and 3 policies of the original were imported", daemon.Log, StringComparison.Ordinal);
        string policies = await daemon.ClientAsync(["policy", .. local]).Succeeds();
        Assert.Contains("[unikernel: alpha:beta:]: policy: ", policies, StringComparison.Ordinal);
        await daemon.ClientAsync(["destroy", "alpha:many", .. local]).Succeeds();
        await daemon.StopAsync();
        await daemon.StartAgainAsync();
        await RunningDaemon.Eventually(
            () => Unikernels.All(name => daemon.TenderOf(name) is not null || name == "alpha:many"), () => daemon.Log);

        Assert.Contains("an earlier daemon stored 5 unikernels", daemon.Log, StringComparison.Ordinal);
        Assert.Null(daemon.TenderOf("alpha:many"));
        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(Path.Combine(data, "state")));
        string exported = Path.Combine(daemon.Directory, "exported");
        await daemon.ClientAsync("export-state", "--dbdir", data, "--output", exported).Succeeds();
        string described = await daemon.ClientAsync("inspect", exported).Succeeds();
        Assert.All(Unikernels, name => Assert.Equal(name != "alpha:many", described.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_daemon_that_cannot_read_the_originals_file_says_so_and_starts_nothing()
    {
        using var directory = new TemporaryPlace();
        string data = Path.Combine(directory.Path, "db");
        Directory.CreateDirectory(data);
        string state = Path.Combine(data, "state");
        byte[] cut = File.ReadAllBytes(Programs.Golden("state-dump.mixed"))[..^1];
        File.WriteAllBytes(state, cut);

        TenderRun run = await TenderRun.Of(Programs.Daemon.File, [.. Programs.Daemon.FirstArguments, "all", "--dir", directory.Path]);

        Assert.Equal(1, run.Status);
        Assert.StartsWith($"albatross-daemon: {state} of the original cannot be imported (malformed): ", run.Error, StringComparison.Ordinal);
        Assert.Equal(cut, File.ReadAllBytes(state));
        Assert.Equal([state], Directory.EnumerateFiles(directory.Path, "*", SearchOption.AllDirectories));
    }

    private sealed class TemporaryPlace : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("albatross-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
