using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Orchestration;

/// <summary>Restart, and the regret of a replacement: what ran before comes back when the new one does not start (W12 of the original).</summary>
public sealed class RestartCommandTests
{
    private static readonly UnikernelSettings Big = VmmdScript.Small with { MemoryMib = 100 };

    [Fact]
    public void A_restart_checks_the_stored_image_before_the_old_one_is_touched()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        Assert.Equal(["check :web#2 with image a"], vmmd.Restart(7, "web", Big));
        Assert.Equal(["refuse 7: does not fit"], vmmd.ImageRefused("web", 2, "does not fit"));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
        Assert.Equal(new Usage(1, 32), vmmd.UsageOf(":"));
    }

    // The original checks the old settings, kills, and only then the new ones (weak spot 12).
    [Fact]
    public void A_restart_with_settings_that_no_policy_admits_leaves_the_old_one_alone()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(1, 99, [0]));
        vmmd.Run("foo:web");
        VmmdState before = vmmd.State;

        Assert.Equal(
            ["refuse 7: maximum allowed memory (99, used 0) would be exceeded (requesting 100)"], vmmd.Restart(7, "foo:web", Big));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void A_restart_without_settings_runs_the_stored_image_with_the_stored_settings()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", Big, image: 'c');

        Assert.Equal(["check :web#2 with image c"], vmmd.Restart(7, "web"));
        vmmd.ImagePrepared("web", 2, 'c');
        vmmd.Exited("web", 1, code: 1);
        Assert.Equal(["start :web#2 of image c, 100 MiB, CPUs 0: --name=web"], vmmd.ConsoleOpened("web", 2));
    }

    [Fact]
    public void A_restart_of_what_the_host_no_longer_has_room_for_leaves_the_old_one_alone()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web", VmmdScript.WithDevices);
        vmmd.Do(new VmmdInput.HostChanged(VmmdScript.Host with { Bridges = default }));
        VmmdState before = vmmd.State;

        Assert.Equal(["refuse 7: policy of : above: bridges service not allowed by policy"], vmmd.Restart(7, "foo:web"));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void A_restart_is_answered_when_the_new_one_has_run_for_the_window()
    {
        VmmdScript vmmd = OnTrial();

        Assert.Equal(["answer 7: created unikernel"], vmmd.Timer("web", 2));
        Assert.Equal(100, Assert.Single(vmmd.State.Desired).Value.Settings.MemoryMib);
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));
    }

    [Fact]
    public void A_replacement_that_a_signal_ends_within_the_window_is_taken_back()
    {
        VmmdScript vmmd = OnTrial();

        Assert.Equal(
            [
                "statistics: :web has ended",
                "refuse 7: could not create unikernel: it was ended by signal 31; the one that it was to replace is started again",
                "release a",
                "check :web#3 with image a",
            ],
            vmmd.Signalled("web", 2, signal: 31, at: 11));
        Assert.Equal(new Usage(1, 32), vmmd.UsageOf(":"));
    }

    [Fact]
    public void A_replacement_whose_tender_does_not_start_is_taken_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Restart(7, "web", Big);
        vmmd.ImagePrepared("web", 2, 'a');
        vmmd.Exited("web", 1, code: 1);
        vmmd.ConsoleOpened("web", 2);

        Assert.Equal(
            [
                "refuse 7: could not create unikernel: no tap; the one that it was to replace is started again",
                "release a",
                "check :web#3 with image a",
            ],
            vmmd.TenderFailed("web", 2, "no tap"));
    }

    [Fact]
    public void A_guest_that_ends_by_itself_within_the_window_did_start()
    {
        VmmdScript vmmd = OnTrial();

        Assert.Equal(
            ["statistics: :web has ended", "answer 7: created unikernel", "release a", "release a", "remove traces of :web"],
            vmmd.Exited("web", 2, code: 0, at: 11));
    }

    [Fact]
    public void A_destroy_within_the_window_ends_both()
    {
        VmmdScript vmmd = OnTrial();
        vmmd.Destroy(8, "web");

        Assert.Equal(
            [
                "statistics: :web has ended",
                "answer 8: destroyed unikernel",
                "release a",
                "refuse 7: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "remove traces of :web",
            ],
            vmmd.Exited("web", 2, code: 1, at: 11));
        Assert.Empty(vmmd.State.Desired);
    }

    [Fact]
    public void A_force_create_over_one_that_waits_to_be_restarted_leaves_it_waiting_until_the_image_is_good()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2);

        Assert.Equal(["prepare :web#3"], vmmd.ForceCreate(7, "web", Big));
        Assert.Equal(["refuse 7: bad"], vmmd.ImageRefused("web", 3, "bad"));
        Assert.IsType<Phase.WaitingToRestart>(vmmd.PhaseOf("web"));
    }

    [Fact]
    public void A_restart_of_one_that_waits_replaces_it()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2);

        Assert.Equal(["check :web#3 with image a"], vmmd.Restart(7, "web"));
        Assert.Equal(["release a", "open console of :web#3, any number in its path"], vmmd.ImagePrepared("web", 3, 'a'));
    }

    [Fact]
    public void A_restart_of_what_is_not_there_is_refused_in_the_words_of_the_original()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["refuse 7: destroy: not found"], vmmd.Restart(7, "web"));
    }

    [Fact]
    public void A_second_command_on_the_same_unikernel_is_answered_at_once()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Restart(7, "web");

        Assert.Equal(
            ["refuse 8: another command on this unikernel is being carried out: try again when it has ended"], vmmd.Restart(8, "web"));
    }

    // Runs with 100 MiB in the place of 32 MiB since second 10.
    private static VmmdScript OnTrial()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Restart(7, "web", Big);
        vmmd.ImagePrepared("web", 2, 'a');
        vmmd.Exited("web", 1, code: 1);
        vmmd.ConsoleOpened("web", 2);
        Assert.Equal(["wake :web#2 after 2 s", "statistics: :web runs as 102"], vmmd.TenderStarted("web", 2, 102, at: 10));
        return vmmd;
    }
}
