using Albatross.Orchestration.Sampling;
using Albatross.Policy.Names;

namespace Albatross.Tests.Orchestration;

/// <summary>What the statistics service remembers of unikernels.</summary>
public sealed class WatchedTendersTests
{
    private static readonly Name Web = VmmdScript.NameOf("foo:web");
    private static readonly Name Database = VmmdScript.NameOf("foo:db");

    [Fact]
    public void A_unikernel_that_ends_three_times_in_a_row_before_it_has_settled_is_in_a_crash_loop()
    {
        WatchedTenders tenders = WatchedTenders.None;
        for (int i = 0; i < 3; i++)
        {
            Assert.False(tenders.Tenders.GetValueOrDefault(Web)?.IsCrashLoop ?? false);
            tenders = tenders.Started(Web, 101 + i, VmmdScript.At(i)).Ended(Web, VmmdScript.At(i + 1));
        }

        Assert.True(tenders.Tenders[Web].IsCrashLoop);
        tenders = tenders.Started(Web, 200, VmmdScript.At(10)).Ended(Web, VmmdScript.At(20));
        Assert.False(tenders.Tenders[Web].IsCrashLoop);
    }

    [Fact]
    public void A_started_unikernel_is_known_with_its_process() =>
        Assert.Equal(new WatchedTender(101, Starts: 1, EndedAt: null), WatchedTenders.None.Started(Web, 101).Tenders[Web]);

    [Fact]
    public void Another_process_of_the_same_name_is_another_start()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 101).Ended(Web, VmmdScript.At(1)).Started(Web, 102);

        Assert.Equal(new WatchedTender(102, Starts: 2, EndedAt: null), tenders.Tenders[Web]);
    }

    [Fact]
    public void The_same_process_told_again_is_no_start()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 101).AllEnded(VmmdScript.At(1)).Started(Web, 101);

        Assert.Equal(new WatchedTender(101, Starts: 1, EndedAt: null), tenders.Tenders[Web]);
    }

    [Fact]
    public void An_ended_one_stays_known_for_five_minutes()
    {
        WatchedTenders ended = WatchedTenders.None.Started(Web, 101).Ended(Web, VmmdScript.At(0));

        Assert.Equal(VmmdScript.At(0), ended.Tenders[Web].EndedAt);
        Assert.Contains(Web, ended.Forget(VmmdScript.At(300)).Tenders.Keys);
        Assert.DoesNotContain(Web, ended.Forget(VmmdScript.At(300.001)).Tenders.Keys);
    }

    [Fact]
    public void One_that_runs_is_never_forgotten() =>
        Assert.Contains(Web, WatchedTenders.None.Started(Web, 101).Forget(VmmdScript.At(1_000_000)).Tenders.Keys);

    [Fact]
    public void An_end_of_something_unknown_changes_nothing()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 101);

        Assert.Same(tenders, tenders.Ended(Database, VmmdScript.At(0)));
    }

    [Fact]
    public void Without_vmmd_nothing_is_known_to_run()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 101).Ended(Web, VmmdScript.At(1)).Started(Database, 102);

        WatchedTenders alone = tenders.AllEnded(VmmdScript.At(9));

        Assert.Equal((VmmdScript.At(1), VmmdScript.At(9)), (alone.Tenders[Web].EndedAt, alone.Tenders[Database].EndedAt));
    }

    [Fact]
    public void A_thousand_ended_ones_are_remembered_and_then_the_oldest_is_forgotten()
    {
        WatchedTenders tenders = WatchedTenders.None.Started(Web, 1);
        for (int i = 0; i < 1001; i++)
        {
            Name name = VmmdScript.NameOf($"stranger{i}");
            tenders = tenders.Started(name, 1000 + i).Ended(name, VmmdScript.At(i * 0.1));
        }

        Assert.Equal(1001, tenders.Tenders.Count);   // with the one that runs
        Assert.DoesNotContain(VmmdScript.NameOf("stranger0"), tenders.Tenders.Keys);
        Assert.Contains(VmmdScript.NameOf("stranger1"), tenders.Tenders.Keys);
        Assert.Contains(Web, tenders.Tenders.Keys);
    }
}
