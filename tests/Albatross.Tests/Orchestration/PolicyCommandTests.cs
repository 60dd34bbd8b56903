using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>The policy commands of vmmd.</summary>
public sealed class PolicyCommandTests
{
    private static readonly ResourcePolicy Two = VmmdScript.Policy(2, 100, [0], "service");

    [Fact]
    public void A_removed_policy_bounds_nothing_any_more_but_the_ones_above_do()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:", VmmdScript.Policy(1, 40, [0]));
        vmmd.Run("foo:web");

        Assert.Equal(["answer 8: removed policy"], vmmd.Ask(8, "foo:", new Command.PolicyRemove()));
        Assert.Equal(["refuse 9: unknown policy"], vmmd.Ask(9, "foo:", new Command.PolicyRemove()));
        Assert.Equal(["prepare foo:db#2"], vmmd.Create(10, "foo:db"));
    }

    [Fact]
    public void The_policy_of_the_root_cannot_be_removed()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["refuse 7: the root policy is what the host has: it cannot be removed"], vmmd.Ask(7, ":", new Command.PolicyRemove()));
    }

    [Fact]
    public void A_policy_is_added_and_the_connection_stays_open_for_the_command_of_the_chain()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["answer 7: added policy (stays open)"], vmmd.AddPolicy(7, "foo:", Two));
        Assert.Equal(Two, vmmd.State.Resources.Policies[VmmdScript.NameOf("foo:").Path]);
    }

    [Fact]
    public void An_equal_policy_changes_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:", Two);
        VmmdState before = vmmd.State;

        ResourcePolicy equal = VmmdScript.Policy(2, 100, [0], "service");
        Assert.Equal(["answer 8: no modification of policy (stays open)"], vmmd.AddPolicy(8, "foo:", equal));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void A_policy_can_be_raised_and_lowered()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:", Two);

        Assert.Equal(["answer 8: added policy (stays open)"], vmmd.AddPolicy(8, "foo:", Two with { Unikernels = 9 }));
        Assert.Equal(["answer 9: added policy (stays open)"], vmmd.AddPolicy(9, "foo:", Two with { Unikernels = 1 }));
    }

    [Fact]
    public void A_label_in_the_name_is_ignored()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:web", Two);

        Assert.Equal(["answer 8: policies [:]"], vmmd.Ask(8, "foo:other", new Command.PolicyInfo()));
    }

    [Fact]
    public void A_policy_is_within_the_one_above_it()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:", Two);

        Assert.Equal(
            ["refuse 8: policy above allows 2 unikernels, which is fewer than 3"],
            vmmd.AddPolicy(8, "foo:bar:", Two with { Unikernels = 3 }));
        Assert.Equal(
            ["refuse 9: policy above allows 100 MB memory, which is fewer than 101 MB"],
            vmmd.AddPolicy(9, "foo:bar:baz:", Two with { MemoryMib = 101 }));
        Assert.Equal(["answer 10: added policy (stays open)"], vmmd.AddPolicy(10, "foo:bar:baz:", Two));
    }

    [Fact]
    public void A_policy_may_ask_for_more_than_the_host_has_because_the_host_bounds_what_runs()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["answer 7: added policy (stays open)"], vmmd.AddPolicy(7, "foo:", VmmdScript.Policy(1_000_000, 9_000_000, [77])));
        Assert.Equal(
            ["refuse 8: policy of : above: CPUids 77 are not allowed by policy"],
            vmmd.Create(8, "foo:web", VmmdScript.Small with { CpuIds = new([77]) }));
    }

    [Fact]
    public void A_policy_contains_those_below_it()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:bar:", Two);

        Assert.Equal(
            ["refuse 8: policy above allows 99 MB memory, which is fewer than 100 MB"],
            vmmd.AddPolicy(8, "foo:", Two with { MemoryMib = 99 }));
        Assert.Equal(["answer 9: added policy (stays open)"], vmmd.AddPolicy(9, "foo:", Two));
        Assert.Equal(["answer 10: added policy (stays open)"], vmmd.AddPolicy(10, "foo:baz:", Two with { MemoryMib = 1 }));
    }

    [Fact]
    public void A_policy_covers_what_runs_at_and_below_its_path()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web");
        vmmd.Run("foo:bar:web", VmmdScript.Small with { CpuIds = new([1]) });
        ResourcePolicy covering = VmmdScript.Policy(2, 64, [0, 1]);

        Assert.Equal(
            ["refuse 7: unikernel would exceed running unikernel limit set by policy to 1, running 2"],
            vmmd.AddPolicy(7, "foo:", covering with { Unikernels = 1 }));
        Assert.Equal(
            ["refuse 8: unikernel would exceed running memory limit set by policy to 63 MB, used 64 MB"],
            vmmd.AddPolicy(8, "foo:", covering with { MemoryMib = 63 }));
        Assert.Equal(["refuse 9: policy does not allow CPUids 1"], vmmd.AddPolicy(9, "foo:", covering with { CpuIds = new([0]) }));
        Assert.Equal(["answer 10: added policy (stays open)"], vmmd.AddPolicy(10, "foo:", covering));
        Assert.Equal(["answer 11: added policy (stays open)"], vmmd.AddPolicy(11, "foo:bar:", VmmdScript.Policy(1, 32, [1])));
    }

    [Fact]
    public void Policies_are_not_taken_without_end()
    {
        var vmmd = new VmmdScript(VmmdSettings.Default with { MaxPolicies = 3 });   // the host's is one of them
        vmmd.AddPolicy(1, "a:", Two);
        vmmd.AddPolicy(2, "b:", Two);

        Assert.Equal(["refuse 3: 3 policies are stored, no more are taken: remove unused ones"], vmmd.AddPolicy(3, "c:", Two));
        Assert.Equal(["answer 4: added policy (stays open)"], vmmd.AddPolicy(4, "b:", Two with { Unikernels = 1 }));
        Assert.Equal(["answer 5: no modification of policy (stays open)"], vmmd.AddPolicy(5, "a:", Two));
    }

    [Fact]
    public void Policies_are_listed_from_the_path_down_relative_to_it_with_descending_siblings()
    {
        var vmmd = new VmmdScript();
        foreach (string path in new[] { "foo:", "foo:a:", "foo:b:", "foo:b:x:", "fo:" })
        {
            vmmd.AddPolicy(1, path, Two);
        }

        Assert.Equal(["answer 7: policies [: foo: foo:b: foo:b:x: foo:a: fo:]"], vmmd.Ask(7, ":", new Command.PolicyInfo()));
        Assert.Equal(["answer 8: policies [: b: b:x: a:]"], vmmd.Ask(8, "foo:", new Command.PolicyInfo()));
        Assert.Equal(["answer 9: policies []"], vmmd.Ask(9, "none:", new Command.PolicyInfo()));
    }
}
