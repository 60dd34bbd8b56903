using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Policies;

/// <summary>
/// The upper bounds of a path and of everything below it. Numbers are as the certificate has them (the wire carries 63 bits
/// and a sign, Mollymawk sends all zero): whoever uses one checks its range.
/// </summary>
/// <param name="Unikernels">How many unikernels may exist.</param>
/// <param name="CpuIds">The host CPUs that they may be pinned to.</param>
/// <param name="MemoryMib">Sum of their memory, in MiB.</param>
/// <param name="BlockMib">Sum of the block devices, in MiB; null allows none.</param>
/// <param name="Bridges">The host bridges that their interfaces may join.</param>
/// <example><code>new ResourcePolicy(2, new([0]), 64, null, default).WithinParent(parent) // null: it fits</code></example>
public sealed record ResourcePolicy(long Unikernels, ValueSet<long> CpuIds, long MemoryMib, long? BlockMib, ValueSet<RawText> Bridges)
{
    /// <summary>What the root path may have when nothing else is known: the largest number of the wire (2^62 - 1).</summary>
    public const long Unlimited = (1L << 62) - 1;

    /// <summary>
    /// Whether every bound is within <paramref name="parent"/>'s; otherwise the first that is not (texts of the original).
    /// </summary>
    public Refusal? WithinParent(ResourcePolicy parent)
    {
        if (Unikernels > parent.Unikernels)
        {
            return Conflict($"policy above allows {parent.Unikernels} unikernels, which is fewer than {Unikernels}");
        }

        if (MemoryMib > parent.MemoryMib)
        {
            return Conflict($"policy above allows {parent.MemoryMib} MB memory, which is fewer than {MemoryMib} MB");
        }

        if (!CpuIds.IsSubsetOf(parent.CpuIds))
        {
            return Conflict($"policy above does not allow CPUids {CpuIds.Except(parent.CpuIds)}");
        }

        if (!Bridges.IsSubsetOf(parent.Bridges))
        {
            return Conflict($"policy above allows bridge(s) {parent.Bridges.Listed}, which is not a superset of {Bridges.Listed}");
        }

        return BlockMib is { } block && (parent.BlockMib is not { } above || block > above)
            ? Conflict($"policy above allows {parent.BlockMib ?? 0} MB block storage, which is fewer than {block} MB")
            : null;
    }

    /// <summary>The first number that no policy can have, all of which are 0 or more. All zero is a policy that allows nothing.</summary>
    public Refusal? RefuseNumbers()
    {
        if (Unikernels < 0)
        {
            return Wrong($"{Unikernels} unikernels");
        }

        if (MemoryMib < 0)
        {
            return Wrong($"{MemoryMib} MB memory");
        }

        if (BlockMib < 0)
        {
            return Wrong($"{BlockMib} MB block storage");
        }

        return CpuIds.Count > 0 && CpuIds.Min() < 0 ? Wrong($"CPUid {CpuIds.Min()}") : null;

        static Refusal Wrong(string what) => new(RefusalCode.InvalidValue, $"a policy's numbers are 0 or more: it says {what}");
    }

    /// <summary>
    /// What of this is more than <paramref name="host"/> has, in words for the log; null when nothing is. Such a policy is good:
    /// certificates travel between hosts, and what a host does not have bounds by itself.
    /// </summary>
    public string? BeyondHost(ResourcePolicy host) => WithinParent(host) is { } more
        ? $"the policy allows more than this host has, which bounds it: {more.Text}"
        : null;

    /// <summary>
    /// Whether a unikernel with <paramref name="settings"/> could run under this policy if nothing else did; otherwise why not (texts of
    /// the original). What does not concern the policy is not looked at.
    /// </summary>
    public Refusal? RefuseAlone(UnikernelSettings settings)
    {
        ValueSet<long> cpuIds = settings.CpuIds.Except(CpuIds);
        if (cpuIds.Count > 0)
        {
            return new Refusal(
                RefusalCode.NotAllowedByPolicy, $"the CPUids {cpuIds} requested by the unikernel are not allowed by policy");
        }

        if (settings.MemoryMib > MemoryMib)
        {
            return new Refusal(
                RefusalCode.PolicyExceeded, $"{settings.MemoryMib} MB memory assigned to unikernel exceeds policy ({MemoryMib}MB)");
        }

        ValueSet<RawText> bridges = settings.HostBridges.Except(Bridges);
        return bridges.Count > 0
            ? new Refusal(RefusalCode.NotAllowedByPolicy, $"Bridge(s) {bridges.Listed} not allowed by policy (available: {Bridges.Listed})")
            : null;
    }

    private static Refusal Conflict(string text) => new(RefusalCode.PolicyConflict, text);
}
