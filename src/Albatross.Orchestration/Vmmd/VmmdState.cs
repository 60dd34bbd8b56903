using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The whole knowledge of vmmd in one immutable value.</summary>
/// <param name="Settings">The numbers that decisions depend on.</param>
/// <param name="Resources">Policies, and what the unikernels take from them.</param>
/// <param name="Unikernels">Every unikernel that is not gone.</param>
/// <param name="LastIncarnation">The last number given to a start.</param>
/// <param name="Stopping">Whether the daemon is stopping.</param>
public sealed record VmmdState(
    VmmdSettings Settings,
    ResourceTree Resources,
    ImmutableSortedDictionary<Name, Unikernel> Unikernels,
    long LastIncarnation,
    bool Stopping)
{
    /// <summary>
    /// The state of a daemon that has just started on a host that offers <paramref name="root"/> and has these block devices, of so many
    /// MiB each.
    /// </summary>
    public static VmmdState Initial(
        VmmdSettings settings, ResourcePolicy root, params IEnumerable<(Name Name, long SizeMib)> blocks) => new(
        settings,
        blocks.Aggregate(
            ResourceTree.Empty.WithPolicy(NamePath.Root, root), (tree, block) => tree.WithBlockDevice(block.Name, block.SizeMib)),
        ImmutableSortedDictionary<Name, Unikernel>.Empty,
        LastIncarnation: 0,
        Stopping: false);
}
