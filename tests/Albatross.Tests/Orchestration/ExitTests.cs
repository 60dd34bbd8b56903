using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Orchestration;

/// <summary>What follows when a unikernel ends by itself.</summary>
public sealed class ExitTests
{
    [Fact]
    public void One_that_is_to_stay_down_leaves_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web");

        Assert.Equal(["statistics: foo:web has ended", "release a", "remove traces of foo:web", "release a"], vmmd.Exited("foo:web", 1, code: 0));
        Assert.Equal((true, default, default), (vmmd.State.Unikernels.IsEmpty, vmmd.UsageOf("foo:"), vmmd.UsageOf(":")));
    }

    [Fact]
    public void One_that_is_to_be_restarted_keeps_its_image_and_its_part_of_the_policies()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting, image: 'a');

        Assert.Equal(["statistics: :web has ended", "wake :web#2 after 0 s"], vmmd.Exited("web", 1, code: 0));
        Assert.Equal(new Usage(1, 32), vmmd.UsageOf(":"));
        Assert.Equal(["open console of :web#2, any number in its path"], vmmd.Timer("web", 2));
        Assert.Equal(["start :web#2 of image a, 32 MiB, CPUs 0: --name=web"], vmmd.ConsoleOpened("web", 2));
        Assert.Equal(["statistics: :web runs as 202"], vmmd.TenderStarted("web", 2, 202));
    }

    [Fact]
    public void One_that_does_not_know_its_name_is_started_once_more_without()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Small with { Arguments = [RawText.Of("x")] });

        Assert.Equal(["statistics: :web has ended", "wake :web#2 after 0 s"], vmmd.Exited("web", 1, code: 64));
        vmmd.Timer("web", 2);
        Assert.Equal(["start :web#2 of image a, 32 MiB, CPUs 0: x"], vmmd.ConsoleOpened("web", 2));
        vmmd.TenderStarted("web", 2, 102);
        Assert.Equal(["statistics: :web has ended", "release a", "remove traces of :web", "release a"], vmmd.Exited("web", 2, code: 64));
    }

    [Fact]
    public void The_pause_before_a_restart_doubles_up_to_half_a_minute()
    {
        // W9 of the original: 743 starts in 5 seconds.
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        var pauses = new List<string>();
        for (long incarnation = 1; incarnation <= 10; incarnation++)
        {
            pauses.Add(vmmd.Exited("web", incarnation, code: 0, at: 1)[^1]);
            vmmd.Timer("web", incarnation + 1);
            vmmd.ConsoleOpened("web", incarnation + 1);
            vmmd.TenderStarted("web", incarnation + 1, 500, at: 0);
        }

        Assert.Equal(
            [
                "wake :web#2 after 0 s", "wake :web#3 after 0.25 s", "wake :web#4 after 0.5 s", "wake :web#5 after 1 s",
                "wake :web#6 after 2 s", "wake :web#7 after 4 s", "wake :web#8 after 8 s", "wake :web#9 after 16 s",
                "wake :web#10 after 30 s", "wake :web#11 after 30 s",
            ],
            pauses);
    }

    [Theory]
    [InlineData(9.999, "wake :web#4 after 0.5 s")]
    [InlineData(10, "wake :web#4 after 0 s")]
    public void One_that_ran_for_ten_seconds_counts_as_sound_again(double ran, string pause)
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        Again(vmmd, ended: 1, ran: 1);
        Again(vmmd, ended: 2, ran: 1);

        Assert.Equal(pause, vmmd.Exited("web", 3, code: 0, at: ran)[^1]);
    }

    [Fact]
    public void After_it_was_sound_the_pauses_begin_anew()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        Again(vmmd, ended: 1, ran: 1);
        Again(vmmd, ended: 2, ran: 1);
        Again(vmmd, ended: 3, ran: 60);

        Assert.Equal("wake :web#5 after 0.25 s", vmmd.Exited("web", 4, code: 0, at: 1)[^1]);
    }

    [Fact]
    public void The_grace_of_an_earlier_life_does_not_shorten_the_pause_before_a_restart()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");
        vmmd.Destroy(7, "web");
        vmmd.Exited("web", 1, code: 1);
        vmmd.Run("web", VmmdScript.Restarting);
        Assert.Equal(["statistics: :web has ended", "wake :web#3 after 0 s"], vmmd.Exited("web", 2, code: 0));

        Assert.Empty(vmmd.Timer("web", 1));
        Assert.IsType<Phase.WaitingToRestart>(vmmd.PhaseOf("web"));
    }

    [Fact]
    public void A_signal_that_vmmd_did_not_send_is_no_reason_to_restart()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);

        Assert.Equal(["statistics: :web has ended", "release a", "remove traces of :web", "release a"], vmmd.Signalled("web", 1, signal: 11));
    }

    [Theory]
    [InlineData("quit", 0, false)]
    [InlineData("quit", 2, false)]
    [InlineData("quit", 64, true)]
    [InlineData("all", 0, true)]
    [InlineData("all", 1, false)]
    [InlineData("all", 2, true)]
    [InlineData("all", 59, true)]
    [InlineData("all", 60, false)]
    [InlineData("all", 61, false)]
    [InlineData("all", 62, false)]
    [InlineData("all", 63, false)]
    [InlineData("all", 64, true)]
    [InlineData("all", 65, true)]
    [InlineData("all", 255, true)]
    [InlineData("2,255", 2, true)]
    [InlineData("2,255", 255, true)]
    [InlineData("2,255", 0, false)]
    [InlineData("2,255", 3, false)]
    [InlineData("2,255", 64, true)]
    [InlineData("1,60", 1, false)]
    [InlineData("1,60", 60, false)]
    public void The_exit_code_and_the_fail_behaviour_decide(string behaviour, int code, bool again)
    {
        UnikernelSettings settings = VmmdScript.Small with { FailBehaviour = BehaviourOf(behaviour), AddName = true };

        UnikernelSettings? next = RestartDecision.SettingsOfNext(settings, new ExitStatus.Exited(code));

        Assert.Equal(again, next is not null);
        Assert.Equal(code != 64, next?.AddName ?? true);
    }

    [Theory]
    [InlineData("quit")]
    [InlineData("all")]
    [InlineData("64")]
    public void Without_an_added_name_exit_code_64_is_final(string behaviour)
    {
        UnikernelSettings settings = VmmdScript.Small with { FailBehaviour = BehaviourOf(behaviour), AddName = false };

        Assert.Null(RestartDecision.SettingsOfNext(settings, new ExitStatus.Exited(64)));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(64)]
    public void A_signal_never_leads_to_a_restart(int signal)
    {
        UnikernelSettings settings = VmmdScript.Restarting with { AddName = true };

        Assert.Null(RestartDecision.SettingsOfNext(settings, new ExitStatus.Signalled(signal)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 250)]
    [InlineData(2, 500)]
    [InlineData(7, 16_000)]
    [InlineData(8, 30_000)]
    [InlineData(21, 30_000)]
    [InlineData(64, 30_000)]
    [InlineData(int.MaxValue, 30_000)]
    public void The_pause_is_defined_for_any_number_of_restarts(int quickRestarts, int milliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(milliseconds),
            RestartDecision.Delay(VmmdSettings.Default with { RestartJitter = 0 }, VmmdScript.NameOf("web"), quickRestarts));

    [Fact]
    public void Pauses_of_different_unikernels_differ_by_up_to_a_quarter_and_those_of_one_grow_up_to_the_cap()
    {
        var names = Enumerable.Range(0, 200).Select(i => VmmdScript.NameOf($"foo:web{i}")).ToList();

        double[] seconds = [.. names.Select(name => RestartDecision.Delay(VmmdSettings.Default, name, quickRestarts: 3).TotalSeconds)];
        Assert.InRange(seconds.Min(), 0.75, 0.80);
        Assert.InRange(seconds.Max(), 0.95, 1.0);
        Assert.True(seconds.Distinct().Count() > 190, "many have the same pause");
        Assert.All(names, name =>
        {
            var pauses = Enumerable.Range(0, 20).Select(quick => RestartDecision.Delay(VmmdSettings.Default, name, quick)).ToList();
            Assert.Equal(pauses.Order(), pauses);
            Assert.InRange(pauses[^1], VmmdSettings.Default.MaxRestartDelay * 0.75, VmmdSettings.Default.MaxRestartDelay);
        });
    }

    [Fact]
    public void A_crash_loop_is_reported_with_its_reason_and_seen_by_whoever_asks_for_it_by_name()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        string[] effects = [];
        for (long incarnation = 1; incarnation <= 3; incarnation++)
        {
            effects = vmmd.Exited("web", incarnation, code: 2);
            if (incarnation < 3)
            {
                Assert.DoesNotContain(effects, effect => effect.Contains("crash loop", StringComparison.Ordinal));
                Again(vmmd, incarnation + 1);
            }
        }

        const string Loop = "crash loop: ended 3 times in a row without settling, the last time because it exited with status 2";
        Assert.Contains($"report :web: {Loop}; started again in 0.5 s", effects);
        Assert.Equal([$"refuse 7: :web is wanted, does not run now, and is being started: {Loop}"], vmmd.Info(7, "web"));
        Assert.Equal(["answer 8: unikernels []"], vmmd.Info(8, ":"));
    }

    [Fact]
    public void A_unikernel_that_settles_is_in_no_crash_loop_any_more()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Restarting);
        for (long incarnation = 1; incarnation <= 3; incarnation++)
        {
            vmmd.Exited("web", incarnation, code: 2);
            Again(vmmd, incarnation + 1);
        }

        string[] effects = vmmd.Exited("web", 4, code: 2, at: 11);
        Assert.DoesNotContain(effects, effect => effect.Contains("crash loop", StringComparison.Ordinal));
        Assert.Equal(
            ["refuse 7: :web is wanted, does not run now, and is being started: the last time, it exited with status 2"],
            vmmd.Info(7, "web"));
    }

    private static void Again(VmmdScript vmmd, long incarnation)
    {
        vmmd.Timer("web", incarnation);
        vmmd.ConsoleOpened("web", incarnation);
        vmmd.TenderStarted("web", incarnation, processId: 200);
    }

    [Fact]
    public void An_exit_status_has_words()
    {
        Assert.Equal("exited with status 64", new ExitStatus.Exited(64).ToString());
        Assert.Equal("was ended by signal 9", new ExitStatus.Signalled(9).ToString());
    }

    // Ends one start after it ran some seconds and brings up the next.
    private static void Again(VmmdScript vmmd, long ended, double ran)
    {
        vmmd.Exited("web", ended, code: 0, at: ran);
        vmmd.Timer("web", ended + 1);
        vmmd.ConsoleOpened("web", ended + 1);
        vmmd.TenderStarted("web", ended + 1, 500, at: 0);
    }

    private static FailBehaviour BehaviourOf(string text) => text switch
    {
        "quit" => new FailBehaviour.Quit(),
        "all" => new FailBehaviour.Restart(default),
        _ => new FailBehaviour.Restart(new(text.Split(',').Select(long.Parse))),
    };
}
