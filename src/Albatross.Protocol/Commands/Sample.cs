using Albatross.Policy;

namespace Albatross.Protocol.Commands;

/// <summary>The numbers of one unikernel at one moment (wire specification, statistics; semantics, section 9: memory in pages).</summary>
/// <param name="Usage">What getrusage(2) tells.</param>
/// <param name="Interfaces">Its interfaces.</param>
/// <param name="Vmm">Counters of the monitor; null when there are none (Linux).</param>
/// <param name="Memory">Memory and times of the tender; null when not read.</param>
public sealed record Sample(
    ResourceUsage Usage, ImmutableArray<InterfaceCounters> Interfaces, ImmutableArray<VmmCounter>? Vmm, ProcessMemory? Memory);

/// <summary>Seconds and microseconds.</summary>
/// <param name="Seconds">Whole seconds.</param>
/// <param name="Microseconds">0 to 999,999.</param>
public sealed record TimeValue(long Seconds, long Microseconds);

/// <summary>A counter of the monitor.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record VmmCounter(RawText Key, long Value);

/// <summary>The fields of Rusage, in the order of the wire.</summary>
public sealed record ResourceUsage(
    TimeValue UserTime,
    TimeValue SystemTime,
    long MaxResident,
    long SharedText,
    long UnsharedData,
    long UnsharedStack,
    long MinorFaults,
    long MajorFaults,
    long Swaps,
    long BlocksIn,
    long BlocksOut,
    long MessagesSent,
    long MessagesReceived,
    long Signals,
    long VoluntarySwitches,
    long InvoluntarySwitches);

/// <summary>The fields of KinfoMem, in the order of the wire.</summary>
public sealed record ProcessMemory(
    long VirtualBytes,
    long Resident,
    long Text,
    long Data,
    long Stack,
    long RuntimeMicroseconds,
    long CopyOnWriteFaults,
    TimeValue Start);

/// <summary>The fields of Ifdata, in the order of the wire; the first six numbers are signed 32-bit ones.</summary>
public sealed record InterfaceCounters(
    RawText Device,
    int Flags,
    int SendLength,
    int MaxSendLength,
    int SendDrops,
    int Mtu,
    long BaudRate,
    long InputPackets,
    long InputErrors,
    long OutputPackets,
    long OutputErrors,
    long Collisions,
    long InputBytes,
    long OutputBytes,
    long InputMulticast,
    long OutputMulticast,
    long InputDropped,
    long OutputDropped);
