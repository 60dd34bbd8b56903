using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>A host without KVM runs spt unikernels and says why it runs no others.</summary>
public sealed class WithoutKvmTests
{
    [Fact]
    public async Task An_spt_unikernel_is_deployed_followed_and_destroyed_and_an_hvt_one_is_refused()
    {
        HostRequirement.Root();
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { Before = DaemonPlace.WithoutKvm, NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(50), GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "ticker", image, "--mem", "16", "--arg", "one"]).Succeeds();
        using (var subscriber = Followed.Start(daemon, "ticker"))
        {
            await RunningDaemon.Eventually(() => subscriber.Lines.Count > 2, () => daemon.Log);
            Assert.Equal(["--name=ticker one", "00000001"], subscriber.Lines.Take(2));
        }

        int tender = daemon.TenderOf("demo:ticker") ?? throw new InvalidOperationException("no tender");
        const string Sentence = "this host cannot run hvt unikernels (/dev/kvm: No such file or directory): build the unikernel for spt";
        string hvt = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "other", hvt, "--mem", "16"]).Fails(117, Sentence);
        await daemon.RemoteAsync(["create", "ticker", hvt, "--mem", "16", "--force"]).Fails(117, Sentence);
        Assert.Contains(Sentence, daemon.Log, StringComparison.Ordinal);
        Assert.True(RunningDaemon.IsAlive(tender), "a refused force-create ended the old unikernel");

        await daemon.RemoteAsync(["destroy", "ticker"]).Succeeds();
        Assert.False(RunningDaemon.IsAlive(tender));
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task An_spt_unikernel_keeps_its_boot_arguments_from_the_process_list_and_runs_on_its_CPU()
    {
        const string Secret = "--password=correct-horse-battery";
        await using RunningDaemon daemon = await RunningDaemon.StartAsync(new DaemonPlace { NeedsKvm = false });
        string image = DeployTests.Image(daemon, SampleGuests.Idle(GuestTarget.Spt));

        await daemon.RemoteAsync(["create", "safe", image, "--mem", "16", "--cpu", "1", "--arg", Secret]).Succeeds();

        int tender = daemon.TenderOf("demo:safe")!.Value;
        Assert.DoesNotContain(Secret, File.ReadAllText($"/proc/{tender}/cmdline"), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, daemon.Log, StringComparison.Ordinal);
        Assert.Contains("Cpus_allowed_list:\t1\n", File.ReadAllText($"/proc/{tender}/status"), StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", File.ReadAllText($"/proc/{tender}/status"), StringComparison.Ordinal);
    }
}
