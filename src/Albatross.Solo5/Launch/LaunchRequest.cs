namespace Albatross.Solo5.Launch;

/// <summary>Everything that a launch of a unikernel depends on, whatever its target.</summary>
public abstract record LaunchRequest
{
    private protected LaunchRequest() { }

    /// <summary>The image whose bytes are behind the launched process's image descriptor.</summary>
    public required UnikernelImage Image { get; init; }

    /// <summary>Guest memory.</summary>
    public required GuestMemorySize Memory { get; init; }

    /// <summary>The guest's command line, at most 8191 bytes without NUL; passed unchanged.</summary>
    public required ReadOnlyMemory<byte> CommandLine { get; init; }

    /// <summary>How the image gets into guest memory.</summary>
    public required ImageAccess ImageAccess { get; init; }

    /// <summary>The CPUs on which the unikernel may run (sched_setaffinity, which must succeed); empty leaves it as inherited.</summary>
    public ImmutableArray<int> Cpus { get; init; } = [];

    /// <summary>
    /// What stands behind the manifest's entries, each declared device once; their order is that of their descriptors in the launched
    /// process.
    /// </summary>
    public ImmutableArray<DeviceAttachment> Devices { get; init; } = [];

    /// <summary>
    /// For a process that inherits its descriptors elsewhere: where those from 3 on are when it starts, in their order. None may be one of
    /// the numbers where they belong. Empty: they are in their places.
    /// </summary>
    public ImmutableArray<int> InheritedAt { get; init; } = [];
}
