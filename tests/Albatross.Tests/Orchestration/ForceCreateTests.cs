using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Orchestration;

/// <summary>A force-create never takes away a unikernel that runs before the new image is known to be good (W5 of the original).</summary>
public sealed class ForceCreateTests
{
    private static readonly UnikernelSettings Big = VmmdScript.Small with { MemoryMib = 100, CpuIds = new([1]) };

    [Fact]
    public void A_force_create_of_a_free_name_is_a_create()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["prepare :web#1"], vmmd.ForceCreate(7, "web"));
        Assert.Equal(["open console of :web#1, any number in its path"], vmmd.ImagePrepared("web", 1, 'a'));
    }

    [Fact]
    public void A_force_create_keeps_the_old_unikernel_running_until_the_new_image_is_good()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');

        Assert.Equal(["prepare :web#2"], vmmd.ForceCreate(7, "web", Big));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));

        Assert.Equal(["Terminate :web#1", "wake :web#1 after 10 s"], vmmd.ImagePrepared("web", 2, 'b'));
        Assert.Equal(
            ["statistics: :web has ended", "release a", "open console of :web#2, any number in its path"],
            vmmd.Exited("web", 1, code: 1));
        Assert.Equal(["start :web#2 of image b, 100 MiB, CPUs 1: --name=web"], vmmd.ConsoleOpened("web", 2));
        Assert.Equal(["wake :web#2 after 2 s", "statistics: :web runs as 4711"], vmmd.TenderStarted("web", 2, 4711));
        Assert.Equal(["answer 7: created unikernel", "release a", "retain b"], vmmd.Timer("web", 2));
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));
    }

    [Fact]
    public void A_stubborn_old_one_is_killed()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');

        Assert.Equal(["Kill :web#1"], vmmd.Timer("web", 1));
        Assert.Equal(
            ["statistics: :web has ended", "release a", "open console of :web#2, any number in its path"],
            vmmd.Signalled("web", 1, signal: 9));
        Assert.Empty(vmmd.Timer("web", 1));
    }

    [Fact]
    public void A_bad_new_image_leaves_the_old_one_alone()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.ForceCreate(7, "web", Big);

        Assert.Equal(["refuse 7: bad"], vmmd.ImageRefused("web", 2, "bad"));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
        Assert.Equal(new Usage(1, 32), vmmd.UsageOf(":"));
        Assert.Equal(["prepare :web#3"], vmmd.ForceCreate(8, "web"));
    }

    [Fact]
    public void A_refused_force_create_leaves_the_old_one_alone()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(1, 50, [0]));
        vmmd.Run("foo:web");
        VmmdState before = vmmd.State;

        Assert.Equal(["refuse 7: CPUids 1 are not allowed by policy"], vmmd.ForceCreate(7, "foo:web", Big with { MemoryMib = 50 }));
        Assert.Equal(
            ["refuse 8: maximum allowed memory (50, used 0) would be exceeded (requesting 51)"],
            vmmd.ForceCreate(8, "foo:web", VmmdScript.Small with { MemoryMib = 51 }));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void The_new_one_may_take_what_the_old_one_gives_back()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(1, 50, [0]));
        vmmd.Run("foo:web");

        Assert.Equal(["prepare foo:web#2"], vmmd.ForceCreate(7, "foo:web", VmmdScript.Small with { MemoryMib = 50 }));
    }

    [Fact]
    public void While_one_is_replaced_the_larger_of_both_demands_is_reserved()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(2, 120, [0, 1]));
        vmmd.Run("foo:web");                                                        // 32 MiB on CPU 0
        vmmd.ForceCreate(7, "foo:web", Big);                                        // 100 MiB on CPU 1

        Assert.Equal(new Usage(1, 100), vmmd.UsageOf("foo:"));
        Assert.Equal(
            ["refuse 8: maximum allowed memory (120, used 100) would be exceeded (requesting 32)"], vmmd.Create(8, "foo:other"));
        Assert.Equal(["refuse 9: policy does not allow CPUids 0"], vmmd.AddPolicy(9, "foo:", VmmdScript.Policy(2, 120, [1])));
        Assert.Equal(["refuse 10: policy does not allow CPUids 1"], vmmd.AddPolicy(10, "foo:", VmmdScript.Policy(2, 120, [0])));

        vmmd.ImageRefused("foo:web", 2, "bad");
        Assert.Equal(["prepare foo:other#3"], vmmd.Create(11, "foo:other"));
    }

    [Fact]
    public void A_smaller_new_one_gives_nothing_back_before_it_has_proved_itself()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", Big);
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));

        vmmd.Exited("web", 1, code: 1);
        vmmd.ConsoleOpened("web", 2);
        vmmd.TenderStarted("web", 2, 102);
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));   // the old one may still come back

        vmmd.Timer("web", 2);
        Assert.Equal(new Usage(1, 32), vmmd.UsageOf(":"));
    }

    [Fact]
    public void When_the_old_one_ends_by_itself_the_new_one_goes_on_as_a_create()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.ForceCreate(7, "web", Big);

        Assert.Equal(["statistics: :web has ended", "release a", "release a"], vmmd.Exited("web", 1, code: 2));
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));
        Assert.Equal(["open console of :web#2, any number in its path"], vmmd.ImagePrepared("web", 2, 'b'));
        vmmd.ConsoleOpened("web", 2);
        Assert.Equal(["answer 7: created unikernel", "retain b", "statistics: :web runs as 102"], vmmd.TenderStarted("web", 2, 102));
    }

    [Fact]
    public void When_the_old_one_ended_by_itself_and_the_new_image_is_bad_nothing_is_left()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
        vmmd.Exited("web", 1, code: 0);

        Assert.Equal(["refuse 7: bad", "remove traces of :web"], vmmd.ImageRefused("web", 2, "bad"));
        Assert.Equal((true, default), (vmmd.State.Unikernels.IsEmpty, vmmd.UsageOf(":")));
    }

    [Fact]
    public void A_destroy_while_the_new_image_is_prepared_ends_both()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");

        Assert.Equal(["Terminate :web#1", "wake :web#1 after 10 s"], vmmd.Destroy(8, "web"));
        Assert.Empty(vmmd.ImagePrepared("web", 2, 'b'));   // the old one was told to end already
        Assert.Equal(
            [
                "statistics: :web has ended",
                "answer 8: destroyed unikernel",
                "release a",
                "refuse 7: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "release b",
                "remove traces of :web",
            ],
            vmmd.Exited("web", 1, code: 1));
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Fact]
    public void An_image_that_is_ready_after_the_destroy_is_given_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
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
            vmmd.Exited("web", 1, code: 1));
        Assert.Equal(["release b"], vmmd.ImagePrepared("web", 2, 'b'));
    }

    [Fact]
    public void A_new_image_that_is_refused_after_the_destroy_is_answered_once()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
        vmmd.Destroy(8, "web");

        Assert.Equal(["refuse 7: bad"], vmmd.ImageRefused("web", 2, "bad"));
        Assert.Equal(
            ["statistics: :web has ended", "answer 8: destroyed unikernel", "release a", "release a", "remove traces of :web"],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void A_destroy_while_the_old_one_is_ending_starts_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');

        Assert.Empty(vmmd.Destroy(8, "web"));
        Assert.Equal(
            [
                "statistics: :web has ended",
                "answer 8: destroyed unikernel",
                "release a",
                "refuse 7: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "release b",
                "remove traces of :web",
            ],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void A_shutdown_while_the_new_image_is_prepared_ends_both()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");

        Assert.Equal(["Terminate :web#1", "wake :web#1 after 10 s"], vmmd.ShutDown());
        Assert.Equal(
            [
                "statistics: :web has ended",
                "refuse 7: could not create unikernel: the daemon is stopping",
                "release a",
                "remove traces of :web",
                "finished",
            ],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void A_new_one_that_cannot_be_started_brings_the_old_one_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');
        vmmd.Exited("web", 1, code: 1);
        vmmd.ConsoleOpened("web", 2);

        Assert.Equal(
            [
                "refuse 7: could not create unikernel: no memory; the one that it was to replace is started again",
                "release b",
                "check :web#3 with image a",
            ],
            vmmd.TenderFailed("web", 2, "no memory"));
        Assert.Equal(["open console of :web#3, any number in its path"], vmmd.ImagePrepared("web", 3, 'a'));
    }

    [Fact]
    public void One_that_waits_to_be_started_again_is_replaced_when_the_new_image_is_good()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting, image: 'a');
        vmmd.Exited("web", 1, code: 2);

        Assert.Equal(["prepare :web#3"], vmmd.ForceCreate(7, "web", Big));
        Assert.Equal(new Usage(1, 100), vmmd.UsageOf(":"));
        Assert.Equal(["release a", "open console of :web#3, any number in its path"], vmmd.ImagePrepared("web", 3, 'b'));
        Assert.Empty(vmmd.Timer("web", 2));
    }

    [Fact]
    public void The_new_one_has_its_own_fail_behaviour()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.ForceCreate(7, "web", VmmdScript.Small);
        vmmd.ImagePrepared("web", 2, 'b');
        vmmd.Exited("web", 1, code: 1);
        vmmd.ConsoleOpened("web", 2);
        vmmd.TenderStarted("web", 2, 102);

        vmmd.Timer("web", 2);

        Assert.Equal(["statistics: :web has ended", "release b", "remove traces of :web", "release b"], vmmd.Exited("web", 2, code: 2));
    }
}
