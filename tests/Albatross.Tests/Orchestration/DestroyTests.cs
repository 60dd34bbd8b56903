using Albatross.Orchestration.Vmmd;

namespace Albatross.Tests.Orchestration;

/// <summary>A destroy in every phase, and everyone who waits for it.</summary>
public sealed class DestroyTests
{
    [Fact]
    public void What_runs_is_asked_to_end_and_the_answer_waits_for_its_end()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        Assert.Equal(["Terminate :web#1", "wake :web#1 after 10 s"], vmmd.Destroy(7, "web"));
        Assert.Equal(
            ["statistics: :web has ended", "answer 7: destroyed unikernel", "release a", "release a", "remove traces of :web"],
            vmmd.Exited("web", 1, code: 1));
        Assert.Equal((true, default), (vmmd.State.Unikernels.IsEmpty, vmmd.UsageOf(":")));
    }

    [Fact]
    public void One_that_does_not_end_is_killed_when_its_grace_is_over()
    {
        // W4 of the original: its tender becomes a zombie and destroy never answers.
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");

        Assert.Equal(["Kill :web#1"], vmmd.Timer("web", 1));
        Assert.Equal(
            ["statistics: :web has ended", "answer 7: destroyed unikernel", "release a", "release a", "remove traces of :web"],
            vmmd.Signalled("web", 1, signal: 9));
    }

    [Fact]
    public void The_grace_of_one_that_has_ended_is_forgotten()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");
        vmmd.Exited("web", 1, code: 1);
        vmmd.Run("web");

        Assert.Empty(vmmd.Timer("web", 1));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("web"));
    }

    [Fact]
    public void The_grace_of_an_earlier_life_does_not_shorten_that_of_this_one()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");
        vmmd.Exited("web", 1, code: 1);
        vmmd.Run("web");
        Assert.Equal(["Terminate :web#2", "wake :web#2 after 10 s"], vmmd.Destroy(8, "web"));

        Assert.Empty(vmmd.Timer("web", 1));
        Assert.Equal(["Kill :web#2"], vmmd.Timer("web", 2));
    }

    [Fact]
    public void Everyone_who_destroys_is_answered_and_the_tender_is_asked_once()
    {
        // Weak spot 16.15 of the original: the second waiter takes the place of the first, who never gets an answer.
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        Assert.Equal(["Terminate :web#1", "wake :web#1 after 10 s"], vmmd.Destroy(7, "web"));
        Assert.Empty(vmmd.Destroy(8, "web"));
        Assert.Empty(vmmd.Destroy(9, "web"));
        Assert.Equal(
            [
                "statistics: :web has ended",
                "answer 7: destroyed unikernel",
                "answer 8: destroyed unikernel",
                "answer 9: destroyed unikernel",
                "release a",
                "release a",
                "remove traces of :web",
            ],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void While_the_image_is_prepared_the_destroy_waits_for_it()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");

        Assert.Empty(vmmd.Destroy(2, "web"));
        Assert.Equal(
            [
                "answer 2: destroyed unikernel",
                "refuse 1: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "remove traces of :web",
            ],
            vmmd.ImagePrepared("web", 1, 'a'));
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Fact]
    public void While_the_console_is_opened_the_destroy_waits_for_it_and_no_tender_is_started()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');

        Assert.Empty(vmmd.Destroy(2, "web"));
        Assert.Equal(
            [
                "answer 2: destroyed unikernel",
                "refuse 1: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "remove traces of :web",
            ],
            vmmd.ConsoleOpened("web", 1));
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Fact]
    public void While_the_tender_is_started_the_destroy_waits_for_it_and_then_ends_it()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);

        Assert.Empty(vmmd.Destroy(2, "web"));
        Assert.Equal(
            ["statistics: :web runs as 101", "Terminate :web#1", "wake :web#1 after 10 s"], vmmd.TenderStarted("web", 1, 101));
        Assert.Equal(
            [
                "statistics: :web has ended",
                "answer 2: destroyed unikernel",
                "refuse 1: could not create unikernel: it was destroyed meanwhile",
                "release a",
                "remove traces of :web",
            ],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void When_the_start_fails_meanwhile_both_are_answered()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);
        vmmd.Destroy(2, "web");

        Assert.Equal(
            [
                "refuse 1: could not create unikernel: no /dev/kvm",
                "answer 2: destroyed unikernel",
                "release a",
                "remove traces of :web",
            ],
            vmmd.TenderFailed("web", 1, "no /dev/kvm"));
    }

    [Fact]
    public void What_waits_to_be_started_again_is_forgotten_at_once()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2);

        Assert.Equal(
            ["answer 7: destroyed: removed from restarting", "release a", "release a", "remove traces of :web"],
            vmmd.Destroy(7, "web"));
        Assert.Empty(vmmd.Timer("web", 2));
        Assert.Equal((true, default), (vmmd.State.Unikernels.IsEmpty, vmmd.UsageOf(":")));
    }

    [Fact]
    public void One_that_is_destroyed_is_not_started_again()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Destroy(7, "web");

        Assert.Equal(
            ["statistics: :web has ended", "answer 7: destroyed unikernel", "release a", "release a", "remove traces of :web"],
            vmmd.Exited("web", 1, code: 2));
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("foo:")]
    [InlineData(":")]
    public void What_is_not_there_is_not_found(string name)
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web");

        Assert.Equal(["refuse 7: destroy: not found"], vmmd.Destroy(7, name));
    }

    [Fact]
    public void A_second_destroy_does_not_find_it()
    {
        // W7 of the original: it answers "destroyed: removed from restarting" once more.
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");
        vmmd.Exited("web", 1, code: 1);

        Assert.Equal(["refuse 8: destroy: not found"], vmmd.Destroy(8, "web"));
    }
}
