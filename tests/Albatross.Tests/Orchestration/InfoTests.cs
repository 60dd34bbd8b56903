using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>What info tells, of whom, and in which order.</summary>
public sealed class InfoTests
{
    [Fact]
    public void Info_of_a_path_lists_what_runs_there_and_below_relative_to_it()
    {
        VmmdScript vmmd = Running("web", "foo:web", "foo:bar:web", "foo:bar:db", "fo:web");

        Assert.Equal(["answer 7: unikernels [:web bar:web bar:db]"], vmmd.Info(7, "foo:"));
        Assert.Equal(["answer 8: unikernels [:web :db]"], vmmd.Info(8, "foo:bar:"));
        Assert.Equal(["answer 9: unikernels []"], vmmd.Info(9, "none:"));
    }

    [Fact]
    public void Siblings_are_in_descending_order_and_a_node_is_before_what_is_below_it()
    {
        VmmdScript vmmd = Running("a", "c", "b:x", "b", "b:y");

        Assert.Equal(["answer 7: unikernels [:c :b b:y b:x :a]"], vmmd.Info(7, ":"));
    }

    [Fact]
    public void Info_of_a_name_tells_of_that_unikernel_only_and_calls_it_as_asked()
    {
        VmmdScript vmmd = Running("foo:web", "foo:web:db", "web");

        Assert.Equal(["answer 7: unikernels [foo:web]"], vmmd.Info(7, "foo:web"));
        Assert.Equal(["answer 8: unikernels []"], vmmd.Info(8, "foo:db"));
    }

    [Fact]
    public void Info_tells_of_what_has_a_process()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "preparing");
        vmmd.Run("running");
        vmmd.Run("stopping");
        vmmd.Destroy(2, "stopping");
        vmmd.Run("waiting", VmmdScript.Restarting);
        vmmd.Exited("waiting", 4, code: 0);

        Assert.Equal(["answer 7: unikernels [:stopping :running]"], vmmd.Info(7, ":"));
    }

    [Theory]
    [InlineData(InfoForm.Version4, "answer 7: unikernels Version4 [:web]")]
    [InlineData(InfoForm.Version5, "answer 7: unikernels Version5 [:web]")]
    public void The_answer_has_the_form_that_was_asked_for(InfoForm form, string answer)
    {
        // W2 of the original: with two CPUs this ends the daemon.
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.Small with { CpuIds = new([0, 1]) });

        Assert.Equal([answer], vmmd.Info(7, "web", form));
    }

    [Fact]
    public void Everything_that_was_asked_for_is_told()
    {
        var vmmd = new VmmdScript();
        vmmd.Run(
            "web",
            VmmdScript.Small with
            {
                FailBehaviour = new FailBehaviour.Restart(new([2, 255])),
                Startup = 7,
                CpuIds = new([0, 1]),
                MemoryMib = 64,
                Arguments = [RawText.Of("-l"), RawText.Of("*:debug")],
            },
            image: 'c',
            at: 90);

        var ask = new VmmdInput.CommandReceived(new Requester(7, new Header(7, VmmdScript.NameOf("web"))), new Command.UnikernelInfo());
        var reply = Assert.IsType<VmmdEffect.Reply>(Assert.Single(VmmdStep.Step(vmmd.State, ask).Effects));
        UnikernelInfo info = Assert.Single(Assert.IsType<Reply.Unikernels>(reply.Answer).Entries).Value;

        Assert.Equal(Connection.Close, reply.After);
        Assert.Equal((ImageType.Solo5, 7L, 64L), (info.Type, info.Startup, info.MemoryMib));
        Assert.Equal(new FailBehaviour.Restart(new([2, 255])), info.FailBehaviour);
        Assert.Equal(new ValueSet<long>([0, 1]), info.CpuIds);
        Assert.Equal(new string('c', 64), Convert.ToHexStringLower(info.Digest.Span));
        Assert.Equal("-l *:debug", string.Join(' ', info.Arguments!.Value));
        Assert.Equal(new DateTimeOffset(2026, 8, 22, 12, 1, 30, TimeSpan.Zero), info.Started);
    }

    private static VmmdScript Running(params string[] names)
    {
        var vmmd = new VmmdScript();
        foreach (string name in names)
        {
            vmmd.Run(name);
        }

        return vmmd;
    }
}
