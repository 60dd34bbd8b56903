using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>Everything that a launch of an hvt unikernel depends on.</summary>
public sealed record HvtLaunchRequest
{
    /// <summary>The image whose bytes are behind <see cref="LaunchDescriptors.Image"/>.</summary>
    public required UnikernelImage Image { get; init; }

    /// <summary>Guest memory; it is reserved, not allocated, so that it never fails at the start.</summary>
    public required GuestMemorySize Memory { get; init; }

    /// <summary>The guest's command line, at most 8191 bytes without NUL; passed unchanged.</summary>
    public required ReadOnlyMemory<byte> CommandLine { get; init; }

    /// <summary>The host's KVM.</summary>
    public required KvmFacts Kvm { get; init; }

    /// <summary>How the image gets into guest memory.</summary>
    public required ImageAccess ImageAccess { get; init; }

    /// <summary>The CPUs on which the unikernel may run (sched_setaffinity, which must succeed); empty leaves it as inherited.</summary>
    public ImmutableArray<int> Cpus { get; init; } = [];
}

/// <summary>How the bytes of an image get into guest memory.</summary>
public enum ImageAccess
{
    /// <summary>Read into memory of the unikernel's own; right for any file.</summary>
    Copy,

    /// <summary>Mapped privately, so that equal images share their unchanged pages. Only for files that cannot change any more.</summary>
    Share,
}
