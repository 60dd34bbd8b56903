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

    /// <summary>How the process is closed in beyond what needs no right and no newer kernel.</summary>
    public Confinement Confinement { get; init; } = Confinement.Basic;

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
