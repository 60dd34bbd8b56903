using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
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
    public void A_removed_policy_leaves_what_runs_and_the_policies_below()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(7, "foo:", Two);
        vmmd.AddPolicy(8, "foo:bar:", Two);
        vmmd.Run("foo:bar:web");

        Assert.Equal(["answer 9: removed policy"], vmmd.Ask(9, "foo:", new Command.PolicyRemove()));
        Assert.IsType<Phase.Running>(vmmd.PhaseOf("foo:bar:web"));
        Assert.Equal(["answer 10: policies [bar:]"], vmmd.Ask(10, "foo:", new Command.PolicyInfo()));
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

        Assert.Equal(["answer 8: added policy (stays open)"], vmmd.AddPolicy(8, "foo:", Two with { Unikernels = 7 }));
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

        Assert.Equal(
            [
                "report foo:: the policy allows more than this host has, which bounds it: "
                    + "policy above allows 8 unikernels, which is fewer than 1000000",
                "answer 7: added policy (stays open)",
            ],
            vmmd.AddPolicy(7, "foo:", VmmdScript.Policy(1_000_000, 9_000_000, [77])));
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

    [Theory]
    [InlineData(-1, 100, 0, 1, "-1 unikernels")]
    [InlineData(2, -100, 0, 1, "-100 MB memory")]
    [InlineData(2, 100, -1, 1, "CPUid -1")]
    [InlineData(2, 100, 0, -1, "-1 MB block storage")]
    public void A_policy_has_no_negative_numbers(long unikernels, long memoryMib, long cpu, long blockMib, string wrong) => Assert.Equal(
        [$"refuse 7: a policy's numbers are 0 or more: it says {wrong}"],
        new VmmdScript().AddPolicy(7, "bar:", VmmdScript.Policy(unikernels, memoryMib, [cpu]) with { BlockMib = blockMib }));

    [Fact]
    public void An_all_zero_policy_is_stored_and_allows_nothing()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["answer 7: added policy (stays open)"], vmmd.AddPolicy(7, "void:", new ResourcePolicy(0, default, 0, null, default)));
        Assert.Equal(["refuse 8: maximum amount of unikernels (0) reached"], vmmd.Create(8, "void:web"));
        Assert.Equal(["refuse 9: no block devices are allowed by policy"], vmmd.Ask(9, "void:disk", new Command.BlockAdd(1)));
    }

    [Fact]
    public void A_policy_covers_the_block_devices_that_are_there()
    {
        var vmmd = new VmmdScript();   // 12 MiB in foo

        Assert.Equal(
            ["refuse 7: unikernel would exceed running block storage limit set by policy to 11 MB, used 12 MB"],
            vmmd.AddPolicy(7, "foo:", Two with { BlockMib = 11 }));
        Assert.Equal(
            ["refuse 8: unikernel would exceed running block storage limit set by policy to 0 MB, used 12 MB"],
            vmmd.AddPolicy(8, "foo:", Two with { BlockMib = null }));
        Assert.Equal(["answer 9: added policy (stays open)"], vmmd.AddPolicy(9, "foo:", Two with { BlockMib = 12 }));
    }

    [Fact]
    public void The_policies_of_a_chain_are_added_together()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["answer 7: added policy (stays open)"], AddAll(vmmd, 7, ("foo:", Two), ("foo:bar:", Two with { Unikernels = 1 })));
        Assert.Equal(2, vmmd.State.Resources.Policies[VmmdScript.NameOf("foo:").Path].Unikernels);
        Assert.Equal(1, vmmd.State.Resources.Policies[VmmdScript.NameOf("foo:bar:").Path].Unikernels);
    }

    [Fact]
    public void When_one_policy_of_a_chain_is_refused_none_is_stored()
    {
        var vmmd = new VmmdScript();
        VmmdState before = vmmd.State;

        Assert.Equal(
            [
                "refuse 7: host [unikernel: foo:bar:]: command failed policy above allows 2 unikernels, which is fewer than 3",
            ],
            AddAll(vmmd, 7, ("foo:", Two), ("foo:bar:", Two with { Unikernels = 3 })));
        Assert.Same(before, vmmd.State);
    }

    [Fact]
    public void A_refused_chain_names_the_policy_also_when_the_ones_above_are_stored_already()
    {
        var vmmd = new VmmdScript();
        AddAll(vmmd, 7, ("foo:", Two), ("foo:bar:", Two));

        Assert.Equal(
            ["refuse 8: host [unikernel: foo:baz:]: command failed policy above allows 2 unikernels, which is fewer than 3"],
            AddAll(vmmd, 8, ("foo:", Two), ("foo:baz:", Two with { Unikernels = 3 })));
    }

    [Fact]
    public void A_chain_that_shrinks_parent_and_child_is_taken_as_a_whole()
    {
        var vmmd = new VmmdScript();
        AddAll(vmmd, 7, ("bar:", Two), ("bar:sub:", Two));
        ResourcePolicy one = Two with { Unikernels = 1 };

        Assert.Equal(
            ["refuse 8: policy above allows 1 unikernels, which is fewer than 2"], vmmd.AddPolicy(8, "bar:", one));
        Assert.Equal(["answer 9: added policy (stays open)"], AddAll(vmmd, 9, ("bar:", one), ("bar:sub:", one)));
    }

    [Fact]
    public void The_operator_can_give_less_than_the_host_has_but_not_more()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(
            ["refuse 7: policy above allows 1000 MB memory, which is fewer than 1001 MB"],
            vmmd.AddPolicy(7, ":", VmmdScript.Host with { MemoryMib = 1001 }));
        Assert.Equal(["answer 8: added policy (stays open)"], vmmd.AddPolicy(8, ":", VmmdScript.Host with { MemoryMib = 31 }));
        Assert.Equal(
            ["refuse 9: policy of : above: maximum allowed memory (31, used 0) would be exceeded (requesting 32)"],
            vmmd.Create(9, "foo:web"));
    }

    [Fact]
    public void A_bridge_that_is_made_later_can_be_used()
    {
        var vmmd = new VmmdScript();
        UnikernelSettings settings = VmmdScript.Small with
        {
            Nets = [new NetAttachment(RawText.Of("net"), RawText.Of("new"), Mac: null)],
        };
        Assert.Equal(["refuse 7: policy of : above: bridges new not allowed by policy"], vmmd.Create(7, "foo:web", settings));

        vmmd.Do(new VmmdInput.HostChanged(VmmdScript.Host with { Bridges = new([RawText.Of("new"), RawText.Of("service")]) }));

        Assert.Equal(["prepare foo:web#1"], vmmd.Create(8, "foo:web", settings));
    }

    private static string[] AddAll(VmmdScript vmmd, long connection, params (string Path, ResourcePolicy Policy)[] policies) => vmmd.Ask(
        connection,
        ":",
        new Command.PolicyAddAll(
            [.. policies.Select(one => new Entry<ResourcePolicy>(VmmdScript.NameOf(one.Path), one.Policy))]));
}
