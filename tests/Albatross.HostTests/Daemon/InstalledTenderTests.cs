using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Daemon;

/// <summary>A tender program of the host in the place of the daemon's own: here ours, called by a script.</summary>
public sealed class InstalledTenderTests
{
    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task An_installed_tender_runs_a_unikernel_with_interface_and_block_device_and_leaves_no_tap(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("br0 1500 10.0.0.1/24");
        string command = target.Command();
        ProgramCommand tender = Programs.Tender;
        using var program = new Script($"exec {string.Join(' ', [tender.File, .. tender.FirstArguments])} {command} \"$@\"");
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace
        {
            Before = network.Words,
            NeedsKvm = target == GuestTarget.Hvt,
            Bridges = ["br0"],
            Blocks = [("demo:disk", 1 << 20)],
            Options = [$"--tender-{command}", program.Path, "--stop-unikernels"],
        });
        string echo = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, target));
        string writer = DeployTests.Image(daemon, DeviceGuests.BlockCheck(1024, target));

        await daemon.RemoteAsync(["create", "echo", echo, "--mem", "16", "--net", "service0:br0"]).Succeeds();
        await daemon.RemoteAsync(["create", "writer", writer, "--mem", "16", "--block", "storage:disk@1024"]).Succeeds();

        await DeviceTests.Answers(network, "10.0.0.2");
        Assert.Contains($"{command} unikernels are run by {program.Path}", daemon.Log, StringComparison.Ordinal);
        await RunningDaemon.Eventually(
            () => daemon.Log.Contains("demo:writer exited with status 0", StringComparison.Ordinal), () => daemon.Log);
        Assert.Equal([0, 7, 14], File.ReadAllBytes(Path.Combine(daemon.Directory, "db/block/demo:disk"))[1024..1027]);

        await daemon.RemoteAsync(["destroy", "echo"]).Succeeds();
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Equal(["br0", "br0-up"], await network.Links());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_tap_of_an_installed_tender_stays_its_own_after_kill_9_and_is_removed_when_it_ended_meanwhile()
    {
        using NetworkNamespace network = NetworkNamespace.WithBridges("br0 1500 10.0.0.1/24");
        ProgramCommand tender = Programs.Tender;
        using var program = new Script($"exec {string.Join(' ', [tender.File, .. tender.FirstArguments])} spt \"$@\"");
        await using RunningDaemon daemon = await DeviceTests.StartAsync(network, GuestTarget.Spt, "--tender-spt", program.Path);
        string echo = DeployTests.Image(daemon, DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, GuestTarget.Spt));
        await daemon.RemoteAsync(["create", "echo", echo, "--mem", "16", "--net", "service0:br0"]).Succeeds();
        await DeviceTests.Answers(network, "10.0.0.2");

        int before = daemon.TenderOf("demo:echo")!.Value;

        await daemon.KillAsync();
        await daemon.StartAgainAsync();
        Assert.Equal(before, daemon.TenderOf("demo:echo"));
        await DeviceTests.Answers(network, "10.0.0.2");

        // With its tender gone, the next daemon removes the tap and makes another for the unikernel, which is still wanted.
        await daemon.KillAsync();
        await RunningDaemon.EndAsync(before);
        Assert.Contains("vmmtap0", await network.Links());
        await daemon.StartAgainAsync();
        Assert.Contains("1 ended meanwhile; freed 1 taps", daemon.Log, StringComparison.Ordinal);
        await RunningDaemon.Eventually(() => daemon.TenderOf("demo:echo") is not null, () => daemon.Log);
        await daemon.RemoteAsync(["destroy", "echo"]).Succeeds();
        Assert.Equal(["br0", "br0-up"], await network.Links());
        await RunningDaemon.Eventually(
            () => !Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run/taps")).Any(), () => "the note of the tap is left");
    }

    [Fact]
    public async Task An_installed_tender_gets_boot_arguments_on_its_command_line_where_everybody_can_read_them()
    {
        using var program = new Script("""
            case "$1" in --version) printf 'solo5-spt tender, version v1\nABI version 2\n'; exit;; esac
            printf '%s\n' "$@"
            grep Cpus_allowed_list /proc/self/status
            exec sleep 600
            """);
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(
            new DaemonPlace { NeedsKvm = false, Options = ["--tender-spt", program.Path] });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "known", image, "--mem", "16", "--cpu", "1", "--arg", "--password=none", "--arg", "a b"]).Succeeds();

        using (var subscriber = Followed.Start(daemon, "known"))
        {
            await RunningDaemon.Eventually(() => subscriber.Lines.Count >= 5, () => string.Join('\n', subscriber.Lines));
            Assert.Equal(
                ["--mem=16", "--", "/proc/self/fd/3", "--name=known --password=none a b", @"Cpus_allowed_list:\t1"], subscriber.Lines.Take(5));
        }

        await daemon.RemoteAsync(["destroy", "known"]).Succeeds();
    }

    [Theory]
    [InlineData("all", "echo 'ABI version 2'", "it does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("vmmd", "printf 'solo5-hvt tender, version v1\\nABI version 2\\n'", "it calls itself solo5-hvt: that is the tender of hvt images")]
    public async Task A_program_that_is_no_such_tender_is_refused_before_anything_starts(string role, string script, string why)
    {
        using var program = new Script(script);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("albatross-");
        try
        {
            ProgramCommand daemon = Programs.Daemon;
            string[] where = role == "all" ? ["--dir", directory.FullName] : ["--tmpdir", directory.FullName, "--dbdir", directory.FullName];
            TenderRun run = await TenderRun.Of(daemon.File, [.. daemon.FirstArguments, role, .. where, "--tender-spt", program.Path]);

            Assert.Equal(
                new TenderRun(1, "", $"albatross-daemon: {program.Path} cannot be used as the tender of spt images: {why}\n"), run);
            Assert.Empty(directory.EnumerateFileSystemInfos());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>A program of two lines or a few more.</summary>
    private sealed class Script : IDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");

        internal Script(string body)
        {
            File.WriteAllText(Path, $"#!/bin/sh\n{body}\n");
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        internal string Path => System.IO.Path.Combine(_directory.FullName, "tender");

        public void Dispose() => _directory.Delete(recursive: true);
    }
}
