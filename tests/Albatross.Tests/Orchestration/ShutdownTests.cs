using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>A daemon that stops: everything ends, everyone is answered, and it finishes once.</summary>
public sealed class ShutdownTests
{
    private const string DaemonStops = "could not create unikernel: the daemon is stopping";

    [Fact]
    public void An_idle_daemon_finishes_at_once()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["finished"], vmmd.ShutDown());
        Assert.Empty(vmmd.ShutDown());
    }

    [Fact]
    public void What_runs_is_asked_to_end_and_the_last_one_finishes_the_daemon()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("db", VmmdScript.Restarting);
        vmmd.Run("web", VmmdScript.Restarting);

        Assert.Equal(["Terminate :db#1", "wake :db#1 after 10 s", "Terminate :web#2", "wake :web#2 after 10 s"], vmmd.ShutDown());
        Assert.Equal(["statistics: :web has ended", "release a", "remove traces of :web"], vmmd.Exited("web", 2, code: 2));
        Assert.Equal(["Kill :db#1"], vmmd.Timer("db", 1));
        Assert.Equal(["statistics: :db has ended", "release a", "remove traces of :db", "finished"], vmmd.Signalled("db", 1, signal: 9));
        Assert.Equal(default, vmmd.UsageOf(":"));
    }

    [Fact]
    public void A_second_request_to_stop_changes_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ShutDown();

        Assert.Empty(vmmd.ShutDown());
    }

    [Fact]
    public void While_an_image_is_prepared_it_waits_for_it()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");

        Assert.Empty(vmmd.ShutDown());
        Assert.Equal([$"refuse 1: {DaemonStops}", "release a", "remove traces of :web", "finished"], vmmd.ImagePrepared("web", 1, 'a'));
    }

    [Fact]
    public void A_bad_image_finishes_it_too()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ShutDown();

        Assert.Equal(["refuse 1: bad", "remove traces of :web", "finished"], vmmd.ImageRefused("web", 1, "bad"));
    }

    [Fact]
    public void While_a_console_is_opened_it_waits_for_it_and_starts_no_tender()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');

        Assert.Empty(vmmd.ShutDown());
        Assert.Equal([$"refuse 1: {DaemonStops}", "release a", "remove traces of :web", "finished"], vmmd.ConsoleOpened("web", 1));
    }

    [Fact]
    public void While_a_tender_is_started_it_waits_for_it_and_then_ends_it()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);

        Assert.Empty(vmmd.ShutDown());
        Assert.Equal(
            ["statistics: :web runs as 101", "Terminate :web#1", "wake :web#1 after 10 s"], vmmd.TenderStarted("web", 1, 101));
        Assert.Equal(
            ["statistics: :web has ended", $"refuse 1: {DaemonStops}", "release a", "remove traces of :web", "finished"],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void A_tender_that_cannot_be_started_finishes_it_too()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);
        vmmd.ShutDown();

        Assert.Equal(
            ["refuse 1: could not create unikernel: no", "release a", "remove traces of :web", "finished"],
            vmmd.TenderFailed("web", 1, "no"));
    }

    [Fact]
    public void What_waits_to_be_started_again_is_forgotten()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        vmmd.Exited("web", 1, code: 2);

        Assert.Equal(["release a", "remove traces of :web", "finished"], vmmd.ShutDown());
        Assert.Empty(vmmd.Timer("web", 2));
        Assert.Equal(default(Usage), vmmd.UsageOf(":"));
    }

    [Fact]
    public void What_is_ending_already_is_not_asked_again()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");

        Assert.Empty(vmmd.ShutDown());
        Assert.Equal(
            ["statistics: :web has ended", "answer 7: destroyed unikernel", "release a", "finished", "release a", "remove traces of :web"],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void While_one_is_being_replaced_nothing_new_is_started()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", image: 'a');
        vmmd.ForceCreate(7, "web");
        vmmd.ImagePrepared("web", 2, 'b');

        Assert.Empty(vmmd.ShutDown());
        Assert.Equal(
            ["statistics: :web has ended", $"refuse 7: {DaemonStops}", "release a", "release b", "remove traces of :web", "finished"],
            vmmd.Exited("web", 1, code: 1));
    }

    [Fact]
    public void Every_command_is_refused_while_it_stops()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.ShutDown();
        VmmdState before = vmmd.State;

        Assert.Equal(["refuse 1: the daemon is stopping"], vmmd.Create(1, "other"));
        Assert.Equal(["refuse 2: the daemon is stopping"], vmmd.ForceCreate(2, "web"));
        Assert.Equal(["refuse 3: the daemon is stopping"], vmmd.Destroy(3, "web"));
        Assert.Equal(["refuse 4: the daemon is stopping"], vmmd.Info(4, ":"));
        Assert.Equal(["refuse 5: the daemon is stopping"], vmmd.AddPolicy(5, "foo:", VmmdScript.Host));
        Assert.Equal(["refuse 6: the daemon is stopping"], vmmd.Ask(6, ":", new Command.StatisticsInitial()));
        Assert.Same(before, vmmd.State);
    }
}
