using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>The ends: of unikernels, of roles, of the daemon.</summary>
public sealed class EndTests
{
    [Fact]
    public async Task SIGTERM_stops_unikernels_and_leaves_nothing_if_that_was_asked_for()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { Options = ["--stop-unikernels"] });
        string image = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        await daemon.RemoteAsync(["create", "two", image, "--mem", "16"]).Succeeds();
        int[] tenders = [daemon.TenderOf("demo:one")!.Value, daemon.TenderOf("demo:two")!.Value];
        int[] roles = [daemon.ProcessOf("Vmmd"), daemon.ProcessOf("Console"), daemon.ProcessOf("Stats"), daemon.ProcessOf("Endpoint")];

        int status = await daemon.StopAsync();

        Assert.Equal(0, status);
        Assert.All(tenders.Concat(roles), process => Assert.False(RunningDaemon.IsAlive(process)));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_was_acknowledged_is_started_again_by_the_next_daemon_and_what_was_destroyed_is_not()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { Options = ["--stop-unikernels"] });
        string image = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "kept", image, "--mem", "16", "--arg", "a secret"]).Succeeds();
        await daemon.RemoteAsync(["create", "gone", image, "--mem", "16"]).Succeeds();
        await daemon.RemoteAsync(["destroy", "gone"]).Succeeds();
        await daemon.StopAsync();

        await daemon.StartAgainAsync();

        await RunningDaemon.Eventually(() => daemon.TenderOf("demo:kept") is not null, () => daemon.Log);
        string info = await daemon.RemoteAsync(["info"]).Succeeds();
        Assert.Contains("kept", info, StringComparison.Ordinal);
        Assert.DoesNotContain("gone", info, StringComparison.Ordinal);
        string stored = Path.Combine(daemon.Directory, "db/state.albatross");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(stored));
        Assert.Single(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "db/images")));
    }

    [Fact]
    public async Task A_restart_runs_the_same_image_with_other_settings_and_get_gives_it_back()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        byte[] bytes = SampleGuests.ByName["idle"]();
        string image = DeployTests.Image(daemon, bytes);
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();

        await daemon.RemoteAsync(["restart", "one", "--replace-arguments", "--mem", "32"]).Succeeds();

        Assert.Contains("32 MB memory", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
        string said = await daemon.RemoteAsync(["get", "one"]).Succeeds();
        string file = said[(said.LastIndexOf(' ') + 1)..].Trim();
        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public async Task The_roles_end_when_their_parent_is_killed_and_the_unikernels_run_on()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        int tender = daemon.TenderOf("demo:one")!.Value;
        int[] roles = [daemon.ProcessOf("Vmmd"), daemon.ProcessOf("Console"), daemon.ProcessOf("Stats"), daemon.ProcessOf("Endpoint")];

        RunningDaemon.Signal(daemon.Parent, 9);

        await RunningDaemon.Eventually(() => roles.All(role => !RunningDaemon.IsAlive(role)), () => daemon.Log);
        Assert.True(RunningDaemon.IsAlive(tender), "a unikernel has ended with the parent of the roles");
    }

    [Fact]
    public async Task A_role_that_crashes_is_started_again()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        int endpoint = daemon.ProcessOf("Endpoint");
        string before = daemon.Endpoint;

        RunningDaemon.Signal(endpoint, 9);

        await RunningDaemon.Eventually(() => daemon.ProcessOf("Endpoint") != endpoint && daemon.Endpoint != before, () => daemon.Log);
        await daemon.RemoteAsync(["info"]).Succeeds();
    }

    [Fact]
    public async Task A_unikernel_is_restarted_when_that_was_asked_for_and_only_then()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.Exit(42));

        await daemon.RemoteAsync(["create", "again", image, "--mem", "16", "--exit-code", "42"]).Succeeds();
        await daemon.RemoteAsync(["create", "once", image, "--mem", "16"]).Succeeds();

        await RunningDaemon.Eventually(() => Exits(daemon, "demo:again") >= 3, () => daemon.Log);
        Assert.Equal(1, Exits(daemon, "demo:once"));
        await daemon.RemoteAsync(["destroy", "again"]).Succeeds();
    }

    [Fact]
    public async Task A_second_daemon_does_not_steal_the_sockets_of_a_running_one()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        ProgramCommand program = Programs.Daemon;
        using var second = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            program.File, [.. program.FirstArguments, "all", "--dir", daemon.Directory]) { RedirectStandardError = true })!;

        string errors = await second.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await second.WaitForExitAsync();

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("is served by another daemon", errors, StringComparison.Ordinal);
        await daemon.RemoteAsync(["info"]).Succeeds();
    }

    private static int Exits(RunningDaemon daemon, string name) =>
        daemon.Log.Split('\n').Count(line => line.Contains($"{name} exited with status 42", StringComparison.Ordinal));
}
