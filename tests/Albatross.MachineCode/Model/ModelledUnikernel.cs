using System.Collections.Immutable;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.MachineCode.Model;

/// <summary>
/// The one unikernel on which the cases run: 2 MiB, taps with the handles 1 and 3, a disk with handle 2, some protected segments.
/// </summary>
internal static class ModelledUnikernel
{
    internal const uint MemoryBytes = 0x20_0000;
    internal const int KvmRunBytes = 0x3000;
    internal const int Vcpu = 9;
    internal const int BlockHandle = 2;
    internal const int BlockDescriptor = 6;
    internal const ulong CapacityBytes = 0x1_0000;
    internal const int NetHandle = 1;
    internal const int NetDescriptor = 7;
    internal const int OtherNetHandle = 3;
    internal const int OtherNetDescriptor = 8;

    /// <summary>The reserved first one, the devices, and one that is no device's.</summary>
    internal const int ManifestEntries = 5;

    /// <summary>Two read-only segments and one that may not even be read.</summary>
    internal static ImmutableArray<Segment> Segments =>
    [
        Protected(0x10_0000, 0x10_3000, SegmentAccess.Read),
        Protected(0x10_5000, 0x10_6000, SegmentAccess.Read),
        Protected(0x10_8000, 0x10_9000, SegmentAccess.None),
    ];

    internal static ImmutableArray<AttachedDevice> Devices(bool hasBlock, bool hasNet)
    {
        var devices = ImmutableArray.CreateBuilder<AttachedDevice>();
        if (hasBlock)
        {
            devices.Add(new AttachedDevice(BlockHandle, DeviceType.Block, BlockDescriptor, CapacityBytes, 512));
        }

        if (hasNet)
        {
            devices.Add(new AttachedDevice(NetHandle, DeviceType.Net, NetDescriptor, 0, 0));
            devices.Add(new AttachedDevice(OtherNetHandle, DeviceType.Net, OtherNetDescriptor, 0, 0));
        }

        return devices.ToImmutable();
    }

    /// <summary>The descriptor of the tap with this handle; null if it is none's.</summary>
    internal static int? TapOf(uint handle) => handle switch
    {
        NetHandle => NetDescriptor,
        OtherNetHandle => OtherNetDescriptor,
        _ => null,
    };

    /// <summary>Whether [address, address + length) lies in memory and touches no segment that forbids the access.</summary>
    internal static bool Allows(ulong address, ulong length, SegmentAccess needed)
    {
        if (address >= MemoryBytes || length >= MemoryBytes - address)
        {
            return false;
        }

        return length == 0
            || !Segments.Any(segment => (segment.Access & needed) == 0 && address < segment.End && address + length > segment.Start);
    }

    private static Segment Protected(ulong start, ulong end, SegmentAccess access) =>
        new(start, 0, end - start, start, end, access);
}
