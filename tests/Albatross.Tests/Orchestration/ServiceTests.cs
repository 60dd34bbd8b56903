using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>The other services of the daemon as vmmd sees them, and commands that it does not carry out.</summary>
public sealed class ServiceTests
{
    [Fact]
    public void The_statistics_service_keeps_its_connection_and_is_told_what_runs()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Run("foo:db");
        vmmd.Create(2, "preparing");

        Assert.Equal(["answer 7 (stays open)"], vmmd.Ask(7, ":", new Command.StatisticsInitial()));
        Assert.Equal(
            ["statistics: foo:db runs as 102", "statistics: :web runs as 101"],
            vmmd.Do(new VmmdInput.StatisticsAttached()));
    }

    [Fact]
    public void A_console_service_that_was_started_anew_is_told_every_console_that_a_tender_may_write_to()
    {
        // W4 of the original: albatrossd never reconnects.
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(5, 500, [0]));
        vmmd.Run("foo:running");
        vmmd.Run("foo:stopping");
        vmmd.Destroy(2, "foo:stopping");
        vmmd.Create(3, "foo:preparing");
        vmmd.Run("foo:waiting", VmmdScript.Restarting);
        vmmd.Exited("foo:waiting", 4, code: 0);
        vmmd.Run("root");

        Assert.Equal(
            [
                "reopen console of foo:running, 5 in its path",
                "reopen console of foo:stopping, 5 in its path",
                "reopen console of :root, any number in its path",
            ],
            vmmd.Do(new VmmdInput.ConsoleRestarted()));
    }

    [Fact]
    public void A_console_service_that_was_started_anew_is_told_the_console_of_a_tender_that_is_being_started()
    {
        // Its console was opened by the service that is gone: without this nobody would ever read what it prints.
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        vmmd.ImagePrepared("web", 1, 'a');
        vmmd.ConsoleOpened("web", 1);

        Assert.Equal(
            ["reopen console of :web, any number in its path"],
            vmmd.Do(new VmmdInput.ConsoleRestarted()));
    }

    [Fact]
    public void A_command_for_another_service_is_unknown_here()
    {
        var vmmd = new VmmdScript();
        Command[] misplaced =
        [
            new Command.ConsoleAdd(1),
            new Command.ConsoleSubscribe(new ConsoleStart.Count(1)),
            new Command.ConsoleInactive(),
            new Command.StatisticsAdd(RawText.Of(""), 1, []),
            new Command.StatisticsRemove(),
            new Command.StatisticsSubscribe(),
        ];

        Assert.All(misplaced, command => Assert.Equal(["refuse 7: unknown command"], vmmd.Ask(7, "web", command)));
    }

    [Fact]
    public void A_command_of_a_newer_version_is_named_in_its_refusal() => Assert.Equal(
        ["refuse 7: unikernel command [22] is not supported by this version of the daemon"],
        new VmmdScript().Ask(7, "web", new Command.Unknown("unikernel command [22]")));
}
