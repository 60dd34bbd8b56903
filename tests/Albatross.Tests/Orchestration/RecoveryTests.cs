using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Orchestration;

/// <summary>
/// A daemon has ended, was killed or was replaced by a newer one; its tenders run on. What the next daemon makes of them (issue 5, "The
/// daemon may die"; the original starts every unikernel a second time, W18).
/// </summary>
public sealed class RecoveryTests
{
    [Fact]
    public void What_runs_as_it_is_wanted_runs_on_and_is_told_to_console_and_statistics()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        VmmdScript next = vmmd.Next(out string[] effects, vmmd.Found("web"));

        Assert.Equal(["statistics: :web runs as 101", "reopen console of :web, any number in its path"], effects);
        Assert.Equal(new Phase.Running(101, VmmdScript.Origin), next.PhaseOf("web"));
        Assert.Equal(new Usage(1, 32), next.UsageOf(":"));
    }

    [Fact]
    public void What_is_wanted_and_has_ended_is_started_again()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Run("db");

        VmmdScript next = vmmd.Next(out string[] effects, vmmd.Found("web"));

        Assert.Equal("check :db#2 with image a", effects[^1]);
        Assert.IsType<Phase.Running>(next.PhaseOf("web"));
        Assert.IsType<Phase.Preparing>(next.PhaseOf("db"));
    }

    [Fact]
    public void What_was_never_acknowledged_is_ended_and_forgotten()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.Run("web");
        FoundTender found = vmmd.Found("web");
        var next = new VmmdScript();

        Assert.Equal(
            [
                "statistics: :web runs as 101", "reopen console of :web, any number in its path",
                "Terminate :web#1", "wake :web#1 after 10 s",
            ],
            next.Do(new VmmdInput.Restored(DesiredState.Empty, [found])));
        Assert.Equal(["Kill :web#1"], next.Timer("web", 1));
        Assert.Equal(["statistics: :web has ended", "release a", "remove traces of :web"], next.Signalled("web", 1, signal: 9));
        Assert.Empty(next.State.Unikernels);
        Assert.Equal(default, next.UsageOf(":"));
    }

    [Fact]
    public void A_replacement_on_trial_is_ended_and_then_the_one_that_is_wanted_starts()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');
        vmmd.Exited("web", 1, code: 0);
        vmmd.ConsoleOpened("web", 2);
        vmmd.TenderStarted("web", 2, 102);

        VmmdScript next = vmmd.Next(out string[] effects, vmmd.Found("web"));

        Assert.Equal("Terminate :web#2", effects[2]);
        Assert.Equal(
            ["statistics: :web has ended", "release b", "check :web#3 with image a"], next.Exited("web", 2, code: 0));
        Assert.Equal("open console of :web#3, any number in its path", next.ImagePrepared("web", 3, 'a')[^1]);
    }

    [Fact]
    public void Other_boot_arguments_are_noticed_although_only_their_digest_was_kept()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Small with { Arguments = [RawText.Of("--password=one")] });
        FoundTender found = vmmd.Found("web");
        DesiredUnikernel wanted = vmmd.State.Desired[VmmdScript.NameOf("web")];

        Assert.True(found.Origin.Is(wanted));
        Assert.Null(found.Origin.Of.Settings.Arguments);
        Assert.All<UnikernelSettings>(
            [
                wanted.Settings with { Arguments = [RawText.Of("--password=two")] },
                wanted.Settings with { Arguments = [RawText.Of("--password"), RawText.Of("=one")] },
                wanted.Settings with { Arguments = null },
                wanted.Settings with { MemoryMib = 33 },
                wanted.Settings with { Startup = 7 },
                wanted.Settings with { CpuIds = new([1]) },
                wanted.Settings with { AddName = false },
                wanted.Settings with { FailBehaviour = new FailBehaviour.Restart(default) },
                VmmdScript.WithDevices with { Arguments = wanted.Settings.Arguments },
            ],
            other => Assert.False(found.Origin.Is(wanted with { Settings = other })));
        Assert.False(found.Origin.Is(wanted with { Image = new ImageId(new string('b', 64)) }));
    }

    [Fact]
    public void Devices_of_what_runs_on_stay_its_own_and_are_given_back_when_it_ends()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.WithDevices);

        VmmdScript next = vmmd.Next(out string[] effects, vmmd.Found("web"));

        Assert.Equal("statistics: :web runs as 101, net is vmmtap0", effects[0]);
        Assert.Equal(["refuse 8: block device :disk already in use"], next.Create(8, "other", VmmdScript.WithDevices));
        next.Destroy(9, "web");
        Assert.Contains("detach from :web#1", next.Signalled("web", 1, signal: 15));
    }

    [Fact]
    public void A_block_device_of_what_nobody_wants_is_free_only_when_it_has_ended()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.Run("web", VmmdScript.WithDevices);
        var next = new VmmdScript();
        next.Do(new VmmdInput.Restored(DesiredState.Empty, [vmmd.Found("web")]));

        Assert.Equal(["refuse 8: block device :disk already in use"], next.Create(8, "other", VmmdScript.WithDevices));
        next.Exited("web", 1, code: 0);
        Assert.Equal(["prepare :other#2"], next.Create(9, "other", VmmdScript.WithDevices));
    }

    [Fact]
    public void Nothing_is_started_before_what_nobody_wants_has_ended()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Run("old");
        FoundTender old = vmmd.Found("old");
        vmmd.Destroy(7, "old");
        vmmd.Exited("old", 2, code: 0);

        VmmdScript next = vmmd.Next(out string[] effects, old);

        Assert.DoesNotContain(effects, effect => effect.StartsWith("check", StringComparison.Ordinal));
        Assert.Equal("check :web#3 with image a", next.Exited("old", 2, code: 0)[^1]);
    }

    [Fact]
    public void Starts_are_counted_on_so_that_no_two_unikernels_get_the_same_user()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("one");
        vmmd.Run("two");

        VmmdScript next = vmmd.Next(out _, vmmd.Found("two"), vmmd.Found("one"));

        Assert.Equal(["prepare :three#3"], next.Create(7, "three"));
    }

    [Fact]
    public void Of_a_tender_that_was_taken_over_the_end_is_decided_on_like_any_other()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        VmmdScript next = vmmd.Next(out _, vmmd.Found("web"));

        Assert.Equal(["statistics: :web has ended", "wake :web#2 after 0 s"], next.Exited("web", 1, code: 2, at: 100));
        Assert.Equal(["open console of :web#2, any number in its path"], next.Timer("web", 2));
    }

    [Fact]
    public void When_nobody_knows_how_it_ended_it_is_started_again_because_it_is_wanted()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        VmmdScript next = vmmd.Next(out _, vmmd.Found("web"));

        Assert.Equal(
            ["statistics: :web has ended", "wake :web#2 after 0 s"],
            next.Do(new VmmdInput.TenderExited(VmmdScript.NameOf("web"), 1, new ExitStatus.Unknown(), VmmdScript.At(100))));
    }

    [Fact]
    public void A_crash_loop_stays_one_across_daemons()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2, at: 1);
        vmmd.Timer("web", 2);
        vmmd.ConsoleOpened("web", 2);
        vmmd.TenderStarted("web", 2, 102, at: 1);

        VmmdScript next = vmmd.Next(out _, vmmd.Found("web"));

        Assert.Equal("wake :web#3 after 0.25 s", next.Exited("web", 2, code: 2, at: 2)[^1]);
    }

    [Fact]
    public void What_is_being_ended_can_be_destroyed_but_not_replaced_or_restarted()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.Run("web");
        var next = new VmmdScript();
        next.Do(new VmmdInput.Restored(DesiredState.Empty, [vmmd.Found("web")]));

        const string Busy = "another command on this unikernel is being carried out: try again when it has ended";
        Assert.Equal(["refuse 1: Unikernel with same name is already running"], next.Create(1, "web"));
        Assert.Equal([$"refuse 2: {Busy}"], next.ForceCreate(2, "web"));
        Assert.Equal([$"refuse 3: {Busy}"], next.Restart(3, "web"));
        Assert.Empty(next.Destroy(4, "web"));
        Assert.Contains("answer 4: destroyed unikernel", next.Signalled("web", 1, signal: 15));
    }

    [Fact]
    public void A_daemon_that_leaves_ends_at_once_and_its_unikernels_run_on()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Run("waiting", VmmdScript.Restarting);
        vmmd.Exited("waiting", 2, code: 2);

        Assert.Equal(["release a", "remove traces of :waiting", "finished"], vmmd.Leave());
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
        Assert.Equal(2, vmmd.State.Desired.Count);
    }

    [Fact]
    public void A_daemon_that_leaves_waits_until_a_start_that_has_begun_is_stored()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.Create(7, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);

        Assert.Empty(vmmd.Leave());
        vmmd.TenderStarted("web", 1, 101);
        Assert.Equal(["answer 7: created unikernel", "finished"], vmmd.Stored(1));
    }

    [Fact]
    public void A_daemon_that_leaves_takes_back_what_has_not_begun_to_run()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "web");

        Assert.Empty(vmmd.Leave());
        Assert.Equal(
            ["refuse 7: could not create unikernel: the daemon is stopping", "release a", "remove traces of :web", "finished"],
            vmmd.ImagePrepared("web", 1, 'a'));
    }

    [Fact]
    public void A_daemon_that_leaves_keeps_the_old_one_when_its_replacement_is_not_ready()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.ForceCreate(7, "web");

        Assert.Equal(["refuse 7: could not create unikernel: the daemon is stopping", "finished"], vmmd.Leave());
        Assert.Equal(["release b"], vmmd.ImagePrepared("web", 2, 'b'));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
    }

    [Fact]
    public void A_daemon_that_leaves_waits_for_the_trial_and_for_a_destroy_that_was_asked_for()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.Run("db");
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 3, 'b');
        vmmd.Exited("web", 1, code: 0);
        vmmd.ConsoleOpened("web", 3);
        vmmd.TenderStarted("web", 3, 103);
        vmmd.Destroy(8, "db");

        Assert.Empty(vmmd.Leave());
        Assert.DoesNotContain("finished", vmmd.Signalled("db", 2, signal: 15));
        Assert.Equal(["answer 7: created unikernel", "release a", "finished", "retain b"], vmmd.Timer("web", 3));
    }
}
