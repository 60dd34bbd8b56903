using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// Everything that a launch of an hvt unikernel depends on. Its memory, a size that <see cref="GuestMemorySize"/> gives for hvt, is
/// reserved and not allocated, so that it never fails at the start. Descriptors are those of <see cref="LaunchDescriptors"/>.
/// </summary>
public sealed record HvtLaunchRequest : LaunchRequest
{
    /// <summary>The host's KVM.</summary>
    public required KvmFacts Kvm { get; init; }
}
