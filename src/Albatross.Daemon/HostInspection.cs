using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Policies;

namespace Albatross.Daemon;

/// <summary>What this machine offers: the policy of the root path (semantics, section 2).</summary>
internal static class HostInspection
{
    /// <summary>
    /// No limit of unikernels, the processors that are online, physical memory, the bridges that exist, and the size of the file system of
    /// <paramref name="blockDirectory"/>.
    /// </summary>
    public static ResourcePolicy RootPolicy(string blockDirectory) => new(
        ResourcePolicy.Unlimited,
        new ValueSet<long>(HostFacts.OnlineCpus),
        HostFacts.MemoryMib,
        new DriveInfo(blockDirectory).TotalSize >> BlockContent.MebibyteShift,
        new ValueSet<RawText>(HostFacts.Bridges.Select(RawText.Of)));
}
