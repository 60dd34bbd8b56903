using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>What was acknowledged is on the disk, and a daemon that starts carries it out (W18, W19 of the original).</summary>
public sealed class StoringTests
{
    [Fact]
    public void A_create_is_answered_when_it_is_stored()
    {
        VmmdScript vmmd = Started("web", 'a');

        Assert.Equal(["store 1: [:web=a], policies [:]", "retain a", "statistics: :web runs as 101"], vmmd.TenderStarted("web", 1, 101));
        Assert.Equal(["answer 7: created unikernel"], vmmd.Stored(1));
    }

    [Fact]
    public void Changes_while_one_is_stored_are_stored_together()
    {
        VmmdScript vmmd = Started("web", 'a');
        vmmd.TenderStarted("web", 1, 101);

        Assert.Empty(vmmd.AddPolicy(8, "foo:", VmmdScript.Policy(1, 32, [0])));
        Assert.Empty(vmmd.AddPolicy(9, "bar:", VmmdScript.Policy(1, 32, [0])));
        Assert.Equal(["answer 7: created unikernel", "store 3: [:web=a], policies [: bar: foo:]"], vmmd.Stored(1));
        Assert.Equal(["answer 8: added policy (stays open)", "answer 9: added policy (stays open)"], vmmd.Stored(3));
    }

    [Fact]
    public void A_disk_that_is_full_is_said_to_whoever_waits_and_tried_again()
    {
        VmmdScript vmmd = Started("web", 'a');
        vmmd.TenderStarted("web", 1, 101);

        Assert.Equal(
            [
                "refuse 7: created unikernel, but it would not survive a restart of the daemon: no space",
                "report :: what is wanted could not be stored: no space",
                "store 1 after 1 s: [:web=a], policies [:]",
            ],
            vmmd.StoreFailed(1, "no space"));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
        Assert.Empty(vmmd.Stored(1));
    }

    // Found by the simulation: seed 43, step 266.
    [Fact]
    public void An_image_stays_until_the_disk_has_forgotten_it()
    {
        VmmdScript vmmd = Started("web", 'a');
        vmmd.TenderStarted("web", 1, 101);
        vmmd.Stored(1);
        vmmd.Destroy(8, "web");

        Assert.Equal(
            ["statistics: :web has ended", "store 2: [], policies [:]", "release a", "remove traces of :web"],
            vmmd.Exited("web", 1, code: 1));   // the reference of what ran, not that of what is still on the disk
        Assert.Equal(
            [
                "refuse 8: destroyed unikernel, but it would not survive a restart of the daemon: no space",
                "report :: what is wanted could not be stored: no space",
                "store 2 after 1 s: [], policies [:]",
            ],
            vmmd.StoreFailed(2, "no space"));
        Assert.Equal(["release a"], vmmd.Stored(2));
    }

    [Fact]
    public void A_daemon_that_stops_does_not_forget_what_is_wanted()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ShutDown();

        Assert.Equal(["statistics: :web has ended", "release a", "remove traces of :web", "finished"], vmmd.Exited("web", 1, code: 1));
        Assert.Equal([VmmdScript.NameOf("web")], vmmd.State.Desired.Keys);
    }

    [Fact]
    public void A_destroyed_unikernel_is_not_wanted_any_more()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");
        vmmd.Exited("web", 1, code: 1);

        Assert.Empty(vmmd.State.Desired);
    }

    [Fact]
    public void A_new_daemon_starts_by_startup_numbers_and_those_of_one_number_at_once()
    {
        var vmmd = new VmmdScript();
        DesiredState wanted = Wanted(("late", 60), ("early", 10), ("also", 10), ("middle", null));

        Assert.Equal(["check :also#1 with image a", "check :early#2 with image a"], vmmd.Do(new VmmdInput.Restored(wanted, [])));
        Bring(vmmd, "also", 1);
        Assert.Equal(["report :early: could not be started again: lost", "wake :early#5 after 0 s", "check :middle#4 with image a"],
            vmmd.ImageRefused("early", 2, "lost"));
        Assert.Equal(["check :late#3 with image a"], Bring(vmmd, "middle", 4)[^1..]);
        Assert.Equal(4, vmmd.State.Desired.Count);
    }

    [Fact]
    public void A_unikernel_that_waits_for_its_turn_can_be_destroyed()
    {
        var vmmd = new VmmdScript();
        vmmd.Do(new VmmdInput.Restored(Wanted(("late", 60), ("early", 10)), []));

        Assert.Equal(
            ["answer 7: destroyed: removed from restarting", "release a", "remove traces of :late"], vmmd.Destroy(7, "late"));
        Assert.Equal(["statistics: :early runs as 101"], Bring(vmmd, "early", 1));
    }

    [Fact]
    public void A_start_that_fails_does_not_remove_what_was_asked_for()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2, at: 100);
        vmmd.Timer("web", 2);
        vmmd.ConsoleOpened("web", 2);

        Assert.Equal(
            ["report :web: could not be started again: no bridge", "wake :web#3 after 0.25 s"], vmmd.TenderFailed("web", 2, "no bridge"));
        Assert.IsType<Phase.WaitingToRestart>(vmmd.PhaseOf("web"));
        Assert.Single(vmmd.State.Desired);
    }

    [Fact]
    public void Get_sends_the_image_and_refuses_what_is_not_there()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        Assert.Equal(["answer 7: image a, level 9"], vmmd.Ask(7, "web", new Command.UnikernelGet(9)));
        Assert.Equal(["refuse 8: get: no unikernel found"], vmmd.Ask(8, "db", new Command.UnikernelGet(0)));
        Assert.Equal(["refuse 9: a compression level is 0 to 9, not 10"], vmmd.Ask(9, "web", new Command.UnikernelGet(10)));
    }

    private static VmmdScript Started(string name, char image)
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.Create(7, name);
        vmmd.ImagePrepared(name, 1, image);
        vmmd.ConsoleOpened(name, 1);
        return vmmd;
    }

    private static string[] Bring(VmmdScript vmmd, string name, long incarnation)
    {
        vmmd.ImagePrepared(name, incarnation, 'a');
        vmmd.ConsoleOpened(name, incarnation);
        return vmmd.TenderStarted(name, incarnation, (int)(100 + incarnation));
    }

    private static DesiredState Wanted(params (string Name, long? Startup)[] unikernels) => DesiredState.Empty with
    {
        Unikernels = unikernels.ToImmutableSortedDictionary(
            one => VmmdScript.NameOf(one.Name),
            one => new DesiredUnikernel(ImageType.Solo5, VmmdScript.Small with { Startup = one.Startup }, EffectText.ImageOf('a'))),
    };
}
