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

    /// <summary>What the descriptors 1 and 2 are.</summary>
    public ConsoleKind Console { get; init; }
}

/// <summary>What stands behind a console, as far as limits on files concern it.</summary>
public enum ConsoleKind
{
    /// <summary>A pipe, FIFO, socket or terminal: no limit on the size of files applies to it.</summary>
    Stream,

    /// <summary>
    /// A file that grows, as when a shell redirects the output. Such a process gets no RLIMIT_FSIZE, which would end the guest when its
    /// output is as large as its largest block device.
    /// </summary>
    File,
}
