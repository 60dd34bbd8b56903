using Albatross.Orchestration.Simulation;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Tests.Orchestration;

namespace Albatross.Tests.Policy;

/// <summary>
/// Admission by sums that are kept up to date, beside admission by lists that are summed up for each question: the same verdict on random
/// trees, also on such as no admission would have let grow.
/// </summary>
public sealed class ReferenceAdmissionTests
{
    private const int Trees = 4000;
    private const int Questions = 12;

    private static readonly string[] Labels = ["a", "b", "ab"];
    private static readonly RawText[] Bridges = [RawText.Of("service"), RawText.Of("backup")];

    [Fact]
    public void Both_admissions_say_the_same_of_every_unikernel_policy_and_block_device()
    {
        int allowed = 0, refused = 0;
        for (int seed = 0; seed < Trees; seed++)
        {
            var dice = new Dice(seed);
            (ResourceTree tree, ReferenceAdmission reference) = Grow(dice);
            for (int i = 0; i < Questions; i++)
            {
                (string? ours, string? theirs) = Ask(dice, tree, reference);
                Assert.True(ours is null == theirs is null, $"seed {seed}, question {i}: \"{ours ?? "yes"}\", by the rules: {theirs ?? "yes"}");
                _ = ours is null ? allowed++ : refused++;
            }
        }

        // Both verdicts are common, so that the comparison means something.
        Assert.True(allowed > Trees && refused > Trees, $"{allowed} allowed, {refused} refused");
    }

    private static (string? Ours, string? Theirs) Ask(Dice dice, ResourceTree tree, ReferenceAdmission reference)
    {
        NamePath path = SomePath(dice);
        if (dice.OneIn(3))
        {
            ResourcePolicy policy = SomePolicy(dice);
            return (tree.RefusePolicy(path, policy)?.Text, reference.WhyNotPolicy(path, policy));
        }

        Name name = SomeName(dice);
        if (dice.OneIn(4))
        {
            long sizeMib = dice.Pick(-1L, 0, 1, 10, 100, Admission.MaxBlockMib, long.MaxValue);
            return (tree.RefuseBlock(name, sizeMib)?.Text, reference.WhyNotBlock(name, sizeMib));
        }

        Demand demand = SomeDemand(dice, name.Path, tree);
        ResourceTree others = tree.WithoutUnikernel(name);   // as a force-create asks
        return (
            others.RefuseUnikernel(name, demand)?.Text,
            reference.WhyNotUnikernel(name, demand.MemoryMib, demand.CpuIds, demand.Bridges, demand.Blocks));
    }

    private static (ResourceTree Tree, ReferenceAdmission Reference) Grow(Dice dice)
    {
        ResourceTree tree = ResourceTree.Empty;
        var reference = new ReferenceAdmission();
        for (int i = dice.Next(6); i > 0; i--)
        {
            tree = tree.WithPolicy(SomePath(dice), SomePolicy(dice));
        }

        for (int i = dice.Next(4); i > 0; i--)
        {
            Name name = SomeName(dice);
            tree = tree.WithoutBlockDevice(name).WithBlockDevice(name, 1 + dice.Next(20));
        }

        for (int i = dice.Next(7); i > 0; i--)
        {
            Name name = SomeName(dice);
            tree = tree.WithoutUnikernel(name).WithUnikernel(name, SomeDemand(dice, name.Path, tree));
        }

        foreach ((NamePath path, ResourcePolicy policy) in tree.Policies)
        {
            reference.AddPolicy(path, policy);
        }

        foreach ((Name name, long sizeMib) in tree.BlockDevices)
        {
            reference.AddBlock(name, sizeMib);
        }

        foreach ((Name name, Demand demand) in tree.Unikernels)
        {
            reference.AddUnikernel(name, demand.MemoryMib, demand.CpuIds, demand.Bridges, demand.Blocks);
        }

        return (tree, reference);
    }

    private static Demand SomeDemand(Dice dice, NamePath path, ResourceTree tree)
    {
        Name[] blocks = [.. tree.BlockDevices.Keys.Where(block => block.Path == path && dice.OneIn(2))];
        return new Demand(
            1 + dice.Next(dice.OneIn(10) ? 4096 : 64),
            SomeCpus(dice),
            new ValueSet<RawText>(dice.OneIn(2) ? [] : [dice.Pick<RawText>(Bridges)]),
            new ValueSet<Name>(dice.OneIn(10) ? [new Name(path, SomeLabel(dice))] : blocks));
    }

    private static ResourcePolicy SomePolicy(Dice dice) => dice.OneIn(10)
        ? new(0, default, 0, BlockMib: null, default)
        : new(
            dice.Pick(0, 1, 2, 5, 10, ResourcePolicy.Unlimited),
            SomeCpus(dice),
            dice.Pick(0, 32, 64, 128, 5000, long.MaxValue),
            dice.Pick<long?>(null, 0, 10, 100, ResourcePolicy.Unlimited),
            new ValueSet<RawText>(Bridges.Where(_ => dice.Next(4) > 0)));

    private static ValueSet<long> SomeCpus(Dice dice) => dice.OneIn(2) ? new([0]) : new([0, 1, .. dice.OneIn(4) ? (long[])[7] : []]);

    private static NamePath SomePath(Dice dice)
    {
        NamePath path = NamePath.Root;
        for (int depth = dice.Next(4); depth > 0; depth--)
        {
            path = path.Child(SomeLabel(dice));
        }

        return path;
    }

    private static Name SomeName(Dice dice) => new(SomePath(dice), SomeLabel(dice));

    private static Label SomeLabel(Dice dice) => VmmdScript.NameOf(dice.Pick<string>(Labels)).Label!.Value;
}
