using Albatross.Guests;

namespace Albatross.HostTests.Tender;

/// <summary>The tender's subcommand for a target, and what its machine has to have.</summary>
internal static class TargetUnderTest
{
    /// <summary>The subcommand; skips the test when the machine lacks what this target needs.</summary>
    internal static string Command(this GuestTarget target)
    {
        if (target == GuestTarget.Hvt)
        {
            HostRequirement.Kvm();
        }

        return target.Name();
    }

    /// <summary>The subcommand, for what ends before a machine is needed.</summary>
    internal static string Name(this GuestTarget target) => target == GuestTarget.Hvt ? "hvt" : "spt";
}
