using Albatross.Policy.Resources;
using Albatross.Orchestration.Vmmd;

namespace Albatross.Tests.Orchestration;

/// <summary>A create that the host refuses: whoever waits is told why, and nothing is left of it.</summary>
public sealed class StartFailureTests
{
    [Fact]
    public void A_bad_image_is_refused_in_the_words_of_the_original_and_nothing_is_left()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web");

        Assert.Equal(
            ["refuse 7: unsupported solo5 target virtio", "remove traces of foo:web"],
            vmmd.ImageRefused("foo:web", 1, "unsupported solo5 target virtio"));
        AssertNothingIsLeft(vmmd);
    }

    [Fact]
    public void A_console_that_cannot_be_opened_gives_the_image_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web");
        vmmd.ImagePrepared("foo:web", 1, 'a');

        Assert.Equal(
            ["refuse 7: could not create unikernel: the console service does not answer", "release a", "remove traces of foo:web"],
            vmmd.ConsoleFailed("foo:web", 1, "the console service does not answer"));
        AssertNothingIsLeft(vmmd);
    }

    [Fact]
    public void A_tender_that_cannot_be_started_gives_everything_back()
    {
        // Weak spot 16.20 of the original: it says "created unikernel" before it knows.
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web");
        vmmd.ImagePrepared("foo:web", 1, 'a');
        vmmd.ConsoleOpened("foo:web", 1);

        Assert.Equal(
            ["refuse 7: could not create unikernel: no /dev/kvm", "release a", "remove traces of foo:web"],
            vmmd.TenderFailed("foo:web", 1, "no /dev/kvm"));
        AssertNothingIsLeft(vmmd);
    }

    [Fact]
    public void After_a_failure_the_same_name_can_be_created()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web");
        vmmd.ImageRefused("foo:web", 1, "bad");

        Assert.Equal(["prepare foo:web#2"], vmmd.Create(8, "foo:web"));
    }

    [Fact]
    public void A_restart_that_fails_is_reported_because_nobody_waits()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2);
        vmmd.Timer("web", 2);

        Assert.Equal(
            ["report :web: could not be started again: the console service has ended", "wake :web#3 after 0.25 s"],
            vmmd.ConsoleFailed("web", 2, "the console service has ended"));
        Assert.Single(vmmd.State.Desired);
    }

    [Fact]
    public void An_outcome_of_an_earlier_start_changes_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "web");
        vmmd.ImageRefused("web", 1, "bad");
        vmmd.Create(8, "web");
        VmmdState before = vmmd.State;

        Assert.Equal(["release a"], vmmd.ImagePrepared("web", 1, 'a'));   // its reference would be lost otherwise
        Assert.Empty(vmmd.ImageRefused("web", 1, "bad"));
        Assert.Empty(vmmd.ConsoleOpened("web", 1));
        Assert.Empty(vmmd.ConsoleFailed("web", 1, "no"));
        Assert.Empty(vmmd.TenderFailed("web", 1, "no"));
        Assert.Empty(vmmd.Timer("web", 1));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void A_tender_that_nobody_asked_for_is_a_bug_and_ends_the_daemon()
    {
        var vmmd = new VmmdScript();

        Assert.Throws<InvalidOperationException>(() => vmmd.TenderStarted("web", 1, 4711));
        Assert.Throws<InvalidOperationException>(() => vmmd.Exited("web", 1, code: 0));
    }

    private static void AssertNothingIsLeft(VmmdScript vmmd)
    {
        Assert.Empty(vmmd.State.Unikernels);
        Assert.Empty(vmmd.State.Resources.Unikernels);
        Assert.Equal((default(Usage), default(Usage)), (vmmd.UsageOf("foo:"), vmmd.UsageOf(":")));
    }
}
