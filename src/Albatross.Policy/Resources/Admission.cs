using Albatross.Policy.Names;
using Albatross.Policy.Policies;

namespace Albatross.Policy.Resources;

/// <summary>
/// May this be added? Null, or the refusal with the original's sentence. Unlike the original (semantics, section 16.1), every
/// policy from the unikernel's path up to the root bounds it, so that sub-CAs together never get more than their parent has.
/// </summary>
public static class Admission
{
    /// <summary>The largest block device in MiB: 16 TiB, the largest file of the common file systems of Linux (ext4).</summary>
    public const long MaxBlockMib = 16L << 20;

    /// <summary>May a unikernel that takes <paramref name="demand"/> be added as <paramref name="name"/>?</summary>
    public static Refusal? RefuseUnikernel(this ResourceTree tree, Name name, Demand demand)
    {
        if (tree.Unikernels.ContainsKey(name))
        {
            return new Refusal(RefusalCode.AlreadyExists, "unikernel with same name already exists");
        }

        return RefuseByPolicies(tree, name.Path, (policy, used) => Exceeds(policy, used, demand))
            ?? RefuseBlocks(tree, demand)
            ?? RefuseAddresses(tree, demand);
    }

    /// <summary>May a block device of <paramref name="sizeMib"/> MiB be added as <paramref name="name"/>?</summary>
    public static Refusal? RefuseBlock(this ResourceTree tree, Name name, long sizeMib)
    {
        if (tree.BlockDevices.ContainsKey(name))
        {
            return new Refusal(RefusalCode.AlreadyExists, "block device with same name already exists");
        }

        if (RefuseByPolicies(tree, name.Path, (policy, used) => ExceedsBlock(policy, used.BlockMib, sizeMib)) is { } refusal)
        {
            return refusal;
        }

        return sizeMib is < 1 or > MaxBlockMib
            ? new Refusal(
                RefusalCode.InvalidValue, $"overflow while computing bytes: a block device has 1 to {MaxBlockMib} MB, not {sizeMib}")
            : null;
    }

    /// <summary>
    /// May <paramref name="policy"/> be set at <paramref name="path"/>? It must be within every policy above it but the root's,
    /// contain every policy below it, and cover what runs at and below it (semantics, section 4).
    /// </summary>
    public static Refusal? RefusePolicy(this ResourceTree tree, NamePath path, ResourcePolicy policy)
    {
        if (policy.RefuseNumbers() is { } wrong)
        {
            return wrong;
        }

        foreach (NamePath above in path.SelfAndAncestors().Where(above => above != path && !above.IsRoot))
        {
            if (tree.Policies.TryGetValue(above, out ResourcePolicy? parent) && policy.WithinParent(parent) is { } refusal)
            {
                return refusal;
            }
        }

        foreach ((NamePath below, ResourcePolicy child) in tree.Policies)
        {
            if (below != path && below.IsAtOrBelow(path) && child.WithinParent(policy) is { } refusal)
            {
                return refusal;
            }
        }

        return RefuseRunning(tree, path, policy);
    }

    // The nearest one speaks first.
    private static Refusal? RefuseByPolicies(ResourceTree tree, NamePath path, Func<ResourcePolicy, Usage, Refusal?> refuse)
    {
        foreach (NamePath at in path.SelfAndAncestors())
        {
            if (tree.Policies.TryGetValue(at, out ResourcePolicy? policy) && refuse(policy, tree.UsageOf(at)) is { } refusal)
            {
                return at == path ? refusal : refusal with { Text = $"policy of {at} above: {refusal.Text}" };
            }
        }

        return null;
    }

    private static Refusal? RefuseBlocks(ResourceTree tree, Demand demand)
    {
        foreach (Name block in demand.Blocks)
        {
            if (!tree.BlockDevices.ContainsKey(block))
            {
                return new Refusal(RefusalCode.NotFound, $"block device {block} not found");
            }

            if (tree.IsInUse(block))
            {
                return new Refusal(RefusalCode.Busy, $"block device {block} already in use");
            }
        }

        return null;
    }

    private static Refusal? RefuseAddresses(ResourceTree tree, Demand demand)
    {
        foreach (BridgeAddress address in demand.Addresses)
        {
            if (tree.IsInUse(address))
            {
                return address.RefuseSecond();
            }
        }

        return null;
    }

    private static Refusal? Exceeds(ResourcePolicy policy, Usage used, Demand demand)
    {
        if (used.Unikernels >= policy.Unikernels)
        {
            return new Refusal(RefusalCode.PolicyExceeded, $"maximum amount of unikernels ({policy.Unikernels}) reached");
        }

        if (demand.MemoryMib > policy.MemoryMib - used.MemoryMib)
        {
            return new Refusal(
                RefusalCode.PolicyExceeded,
                $"maximum allowed memory ({policy.MemoryMib}, used {used.MemoryMib}) would be exceeded (requesting {demand.MemoryMib})");
        }

        if (!demand.CpuIds.IsSubsetOf(policy.CpuIds))
        {
            return new Refusal(RefusalCode.NotAllowedByPolicy, $"CPUids {demand.CpuIds.Except(policy.CpuIds)} are not allowed by policy");
        }

        return demand.Bridges.IsSubsetOf(policy.Bridges)
            ? null
            : new Refusal(RefusalCode.NotAllowedByPolicy, $"bridges {demand.Bridges.Except(policy.Bridges).Listed} not allowed by policy");
    }

    private static Refusal? ExceedsBlock(ResourcePolicy policy, long usedMib, long sizeMib) => policy.BlockMib switch
    {
        null => new Refusal(RefusalCode.NotAllowedByPolicy, "no block devices are allowed by policy"),
        { } limit when sizeMib > limit - usedMib => new Refusal(
            RefusalCode.PolicyExceeded,
            $"block device policy limit of {limit} MB (used {usedMib} MB) would be exceeded by the request ({sizeMib} MB)"),
        _ => null,
    };

    private static Refusal? RefuseRunning(ResourceTree tree, NamePath path, ResourcePolicy policy)
    {
        Usage used = tree.UsageOf(path);
        var running = tree.Unikernels.Where(entry => entry.Key.Path.IsAtOrBelow(path)).Select(entry => entry.Value).ToList();
        var cpuIds = new ValueSet<long>(running.SelectMany(demand => demand.CpuIds));
        var bridges = new ValueSet<RawText>(running.SelectMany(demand => demand.Bridges));
        return Conflict(policy, used, cpuIds, bridges) is { } text ? new Refusal(RefusalCode.PolicyConflict, text) : null;
    }

    private static string? Conflict(ResourcePolicy policy, Usage used, ValueSet<long> cpuIds, ValueSet<RawText> bridges)
    {
        if (!cpuIds.IsSubsetOf(policy.CpuIds))
        {
            return $"policy does not allow CPUids {cpuIds.Except(policy.CpuIds)}";
        }

        if (!bridges.IsSubsetOf(policy.Bridges))
        {
            return $"policy allows bridges {policy.Bridges.Listed}, which is not a superset of {bridges.Listed}";
        }

        if (used.Unikernels > policy.Unikernels)
        {
            return $"unikernel would exceed running unikernel limit set by policy to {policy.Unikernels}, running {used.Unikernels}";
        }

        if (used.MemoryMib > policy.MemoryMib)
        {
            return $"unikernel would exceed running memory limit set by policy to {policy.MemoryMib} MB, used {used.MemoryMib} MB";
        }

        long blockMib = policy.BlockMib ?? 0;
        return used.BlockMib > blockMib
            ? $"unikernel would exceed running block storage limit set by policy to {blockMib} MB, used {used.BlockMib} MB"
            : null;
    }
}
