using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The whole knowledge of vmmd in one immutable value.</summary>
/// <param name="Settings">The numbers that decisions depend on.</param>
/// <param name="Host">What the host offers: the root policy, unless the operator has set less.</param>
/// <param name="Resources">Policies, and what the unikernels take from them.</param>
/// <param name="Unikernels">Every unikernel that is not gone: what is observed.</param>
/// <param name="Desired">Every unikernel that was acknowledged and not taken back: what is wanted, and stored.</param>
/// <param name="Storing">How far what is wanted has been stored.</param>
/// <param name="Boot">What an earlier daemon was asked for and has not been started yet.</param>
/// <param name="BlockWork">The commands that work on block devices.</param>
/// <param name="LastIncarnation">The last number given to a start.</param>
/// <param name="Stopping">Whether the daemon is stopping.</param>
/// <param name="Finished">Whether it has been said that the daemon may end.</param>
/// <param name="LeavesRunning">Whether a daemon that stops leaves what runs to the next one.</param>
public sealed record VmmdState(
    VmmdSettings Settings,
    ResourcePolicy Host,
    ResourceTree Resources,
    ImmutableSortedDictionary<Name, Unikernel> Unikernels,
    ImmutableSortedDictionary<Name, DesiredUnikernel> Desired,
    StoreProgress Storing,
    StartOrder Boot,
    ImmutableSortedDictionary<Name, BlockWork> BlockWork,
    long LastIncarnation,
    bool Stopping,
    bool Finished = false,
    bool LeavesRunning = false)
{
    /// <summary>
    /// The state of a daemon that has just started on a host that offers <paramref name="root"/> and has these block devices, of so many
    /// MiB each.
    /// </summary>
    public static VmmdState Initial(
        VmmdSettings settings, ResourcePolicy root, params IEnumerable<(Name Name, long SizeMib)> blocks) => new(
        settings,
        root,
        blocks.Aggregate(
            ResourceTree.Empty.WithPolicy(NamePath.Root, root), (tree, block) => tree.WithBlockDevice(block.Name, block.SizeMib)),
        ImmutableSortedDictionary<Name, Unikernel>.Empty,
        ImmutableSortedDictionary<Name, DesiredUnikernel>.Empty,
        StoreProgress.Nothing,
        StartOrder.Nothing,
        ImmutableSortedDictionary<Name, BlockWork>.Empty,
        LastIncarnation: 0,
        Stopping: false);

    /// <summary>
    /// How what is wanted is to run that comes, or comes back, when <paramref name="unikernel"/> has ended, which is something else; null
    /// when nothing does.
    /// </summary>
    public UnikernelSettings? ComingBackAfter(Unikernel unikernel) => unikernel.OnTrial || unikernel.IsOutdated
        ? Desired.GetValueOrDefault(unikernel.Name)?.Settings
        : null;

    /// <summary>What is to be stored now.</summary>
    public DesiredState ToStore => new(Desired, Resources.Policies);
}

/// <summary>What outlives the daemon.</summary>
/// <param name="Unikernels">What is to run.</param>
/// <param name="Policies">All policies, the host's own at the root included.</param>
public sealed record DesiredState(
    ImmutableSortedDictionary<Name, DesiredUnikernel> Unikernels, ImmutableSortedDictionary<NamePath, ResourcePolicy> Policies)
{
    /// <summary>Nothing is wanted yet.</summary>
    public static readonly DesiredState Empty = new(
        ImmutableSortedDictionary<Name, DesiredUnikernel>.Empty, ImmutableSortedDictionary<NamePath, ResourcePolicy>.Empty);
}

/// <summary>Versions of what is wanted. An answer that says "done" waits until its version is on the disk.</summary>
/// <param name="Wanted">The newest version.</param>
/// <param name="InFlight">The version that is being stored; 0 when none is.</param>
/// <param name="Done">The version that is stored.</param>
/// <param name="Held">Answers that wait, with the version that they wait for, ascending.</param>
/// <param name="Forgotten">What an earlier version needs, with the version that does not, ascending.</param>
/// <param name="Blocks">What is done to block devices when their version is on the disk, ascending.</param>
public sealed record StoreProgress(
    long Wanted,
    long InFlight,
    long Done,
    ImmutableArray<HeldAnswer> Held,
    ImmutableArray<Forgotten> Forgotten,
    ImmutableArray<HeldBlock> Blocks)
{
    /// <summary>Nothing was stored and nothing has to be.</summary>
    public static readonly StoreProgress Nothing = new(0, 0, 0, [], [], []);

    /// <summary>Whether everything that is wanted is stored.</summary>
    public bool IsComplete => Wanted == Done;
}

/// <summary>An answer that waits for the disk.</summary>
/// <param name="Version">The version of what is wanted that it acknowledges.</param>
/// <param name="Answer">The answer.</param>
public sealed record HeldAnswer(long Version, VmmdEffect.Reply Answer);

/// <summary>
/// What is not wanted any more, but the disk does not know yet: a daemon that dies now has a successor that starts it.
/// </summary>
/// <param name="Version">The first version of what is wanted without it.</param>
/// <param name="Image">Its image, of which one reference is held; null when what is wanted in its place has the same.</param>
/// <param name="Blocks">Its block devices.</param>
public sealed record Forgotten(long Version, ImageId? Image, ValueSet<Name> Blocks);

/// <summary>
/// What waits for the disk: to make a block device under policies that are not on it yet, which a daemon that dies would leave allowed by
/// none; to change or remove one that the disk still gives to a unikernel, which would come back without it.
/// </summary>
/// <param name="Version">The version that it waits for.</param>
/// <param name="Name">The block device.</param>
/// <param name="Effect">What is done then.</param>
public sealed record HeldBlock(long Version, Name Name, VmmdEffect Effect);
