using Albatross.Linux;
using Albatross.Policy;
using Albatross.Policy.Policies;

namespace Albatross.Daemon;

/// <summary>What this machine offers: the policy of the root path (semantics, section 2).</summary>
internal static class HostInspection
{
    /// <summary>
    /// No limit of unikernels, the processors that are online, physical memory, the bridges that exist; no block storage yet.
    /// </summary>
    public static ResourcePolicy RootPolicy() => new(
        ResourcePolicy.Unlimited,
        new ValueSet<long>(HostFacts.OnlineCpus),
        HostFacts.MemoryMib,
        BlockMib: null,
        new ValueSet<RawText>(HostFacts.Bridges.Select(RawText.Of)));
}
