namespace Albatross.Policy.Unikernels;

/// <summary>The monitor that an image is made for.</summary>
public enum ImageType
{
    /// <summary>A Solo5 image; its ABI note says hvt or spt.</summary>
    Solo5 = 0,

    /// <summary>FreeBSD's bhyve; known to the grammar, refused on Linux.</summary>
    Bhyve = 1,
}

/// <summary>What a user asks for, image included (wire specification, Config).</summary>
/// <param name="Type">The monitor.</param>
/// <param name="Compressed">Whether <paramref name="Image"/> is in zlib format (RFC 1950).</param>
/// <param name="Image">The bytes as sent; over TLS empty means that they follow as chunks.</param>
/// <param name="Settings">Everything that may change without another image.</param>
public sealed record UnikernelConfig(ImageType Type, bool Compressed, ReadOnlyMemory<byte> Image, UnikernelSettings Settings);

/// <summary>How a unikernel runs, apart from its image (wire specification, Arguments).</summary>
/// <param name="FailBehaviour">What follows when it ends by itself.</param>
/// <param name="Startup">Order at the daemon's start, lowest first; null means 50.</param>
/// <param name="AddName">Whether <c>--name=LABEL</c> is put before the boot arguments.</param>
/// <param name="CpuIds">Host CPUs to run on.</param>
/// <param name="MemoryMib">Guest memory in MiB.</param>
/// <param name="Blocks">Block devices.</param>
/// <param name="Nets">Network interfaces.</param>
/// <param name="Arguments">Boot arguments (often secret); null when absent, which differs from empty on the wire only.</param>
/// <param name="Cpus">Virtual CPUs; only bhyve uses more than 1.</param>
/// <param name="LinuxBootPartition">bhyve only.</param>
public sealed record UnikernelSettings(
    FailBehaviour FailBehaviour,
    long? Startup,
    bool AddName,
    ValueSet<long> CpuIds,
    long MemoryMib,
    ImmutableArray<BlockAttachment> Blocks,
    ImmutableArray<NetAttachment> Nets,
    ImmutableArray<RawText>? Arguments,
    long Cpus = 1,
    RawText? LinuxBootPartition = null)
{
    /// <summary>The host bridges that the interfaces join.</summary>
    public ValueSet<RawText> HostBridges => new(Nets.Select(net => net.HostBridge));

    /// <summary>The same settings in memory of their own, to be kept longer than the command that they came with.</summary>
    public UnikernelSettings Detached() => this with
    {
        Blocks = [.. Blocks.Select(block => block with { Name = block.Name.Detached(), HostDevice = block.HostDevice?.Detached() })],
        Nets = [.. Nets.Select(net => net with { Name = net.Name.Detached(), Bridge = net.Bridge?.Detached() })],
        Arguments = Arguments is { } arguments ? [.. arguments.Select(argument => argument.Detached())] : null,
        LinuxBootPartition = LinuxBootPartition?.Detached(),
    };

    // Boot arguments are often secrets: a record's generated text would print them into a log.
    /// <inheritdoc/>
    public override string ToString() => $"{MemoryMib} MiB, CPUs {CpuIds}, {Blocks.Length} block devices, {Nets.Length} interfaces";
}
