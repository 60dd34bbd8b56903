namespace Albatross.Policy.Unikernels;

/// <summary>What a client may see of a running unikernel (wire specification, Info).</summary>
/// <param name="Type">The monitor.</param>
/// <param name="Startup">Order at the daemon's start; null means not given.</param>
/// <param name="FailBehaviour">What follows when it ends by itself.</param>
/// <param name="CpuIds">Host CPUs it may run on.</param>
/// <param name="MemoryMib">Guest memory in MiB.</param>
/// <param name="Digest">SHA-256 of the uncompressed image, 32 bytes.</param>
/// <param name="Blocks">Attached block devices.</param>
/// <param name="Nets">Attached interfaces.</param>
/// <param name="Arguments">Boot arguments as given; null when none were.</param>
/// <param name="Started">When its tender was started.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="LinuxBootPartition">bhyve only.</param>
public sealed record UnikernelInfo(
    ImageType Type,
    long? Startup,
    FailBehaviour FailBehaviour,
    ValueSet<long> CpuIds,
    long MemoryMib,
    ReadOnlyMemory<byte> Digest,
    ImmutableArray<BlockDeviceInfo> Blocks,
    ImmutableArray<NetInfo> Nets,
    ImmutableArray<RawText>? Arguments,
    DateTimeOffset Started,
    long Cpus = 1,
    RawText? LinuxBootPartition = null);

/// <summary>A block device of a running unikernel.</summary>
/// <param name="Name">The device as the manifest names it.</param>
/// <param name="HostDevice">The block device of the host.</param>
/// <param name="SectorSize">Bytes per sector.</param>
/// <param name="SizeMib">Its size in MiB.</param>
public sealed record BlockDeviceInfo(RawText Name, RawText HostDevice, long SectorSize, long SizeMib);

/// <summary>An interface of a running unikernel.</summary>
/// <param name="Name">The device as the manifest names it.</param>
/// <param name="HostDevice">The bridge that it joined.</param>
/// <param name="Mac">Its Ethernet address.</param>
public sealed record NetInfo(RawText Name, RawText HostDevice, MacAddress Mac);
