using System.Buffers.Binary;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>Writes the constants that the run loop reads, at the addresses of <see cref="ConstantsLayout"/>, and the poll set.</summary>
internal static class HvtConstants
{
    /// <summary>The read-only constants of one unikernel.</summary>
    internal static byte[] Build(
        GuestMemorySize memory,
        int kvmRunBytes,
        int vcpu,
        uint firstRow,
        int manifestEntries,
        ImmutableArray<AttachedDevice> devices,
        ImmutableArray<Segment> segments)
    {
        List<Segment> noWrite = [.. segments.Where(segment => !segment.Access.HasFlag(SegmentAccess.Write))];
        List<Segment> noRead = [.. segments.Where(segment => segment.Access == SegmentAccess.None)];
        int ranges = noWrite.Count + noRead.Count + 2;
        var bytes = new byte[(int)(ConstantsLayout.Ranges - ProcessLayout.Constants) + (ranges * (int)ConstantsLayout.RangeBytes)];

        Put64(bytes, ConstantsLayout.MemorySize, memory.Bytes);
        Put64(bytes, ConstantsLayout.LargestIoOffset, (ulong)kvmRunBytes - 4);
        Put32(bytes, ConstantsLayout.Vcpu, (uint)vcpu);
        Put32(bytes, ConstantsLayout.Timer, LaunchDescriptors.Timer);
        Put32(bytes, ConstantsLayout.PollCount, (uint)PollCount(devices));
        Put32(bytes, ConstantsLayout.DeviceCount, (uint)manifestEntries);
        Put32(bytes, ConstantsLayout.HasBlock, devices.Any(device => device.Type == DeviceType.Block) ? 1u : 0);
        Put32(bytes, ConstantsLayout.HasNet, devices.Any(device => device.Type == DeviceType.Net) ? 1u : 0);
        Put32(bytes, ConstantsLayout.FirstRow, firstRow);
        foreach (AttachedDevice device in devices)
        {
            uint at = ConstantsLayout.Devices + ((uint)device.Handle * ConstantsLayout.DeviceBytes);
            Put32(bytes, at, (uint)device.Type);
            Put32(bytes, at + ConstantsLayout.DeviceDescriptor, (uint)device.Descriptor);
            Put64(bytes, at + ConstantsLayout.DeviceCapacity, device.CapacityBytes);
        }

        Put32(bytes, ConstantsLayout.NoWrite, ConstantsLayout.Ranges);
        uint next = PutRanges(bytes, ConstantsLayout.Ranges, noWrite);
        Put32(bytes, ConstantsLayout.NoRead, next);
        PutRanges(bytes, next, noRead);
        return bytes;
    }

    /// <summary>The scratch page: zero but for the poll set, whose entry 0 is the timer and entry i the tap with handle i.</summary>
    internal static byte[] BuildScratch(ImmutableArray<AttachedDevice> devices)
    {
        const byte PollIn = 1;
        int entries = PollCount(devices);
        var bytes = new byte[ScratchLayout.PollSet - ProcessLayout.Scratch + (entries * ScratchLayout.PollEntryBytes)];
        Span<byte> set = bytes.AsSpan((int)(ScratchLayout.PollSet - ProcessLayout.Scratch));
        for (int handle = 0; handle < entries; handle++)
        {
            int tap = devices.FirstOrDefault(device => device.Handle == handle && device.Type == DeviceType.Net).Descriptor;
            int descriptor = handle == 0 ? LaunchDescriptors.Timer : tap == 0 ? -1 : tap;
            Span<byte> entry = set.Slice(handle * (int)ScratchLayout.PollEntryBytes, (int)ScratchLayout.PollEntryBytes);
            BinaryPrimitives.WriteInt32LittleEndian(entry, descriptor);
            entry[4] = PollIn;
        }

        return bytes;
    }

    /// <summary>Entries of the poll set: the timer, and one for every handle up to the last tap's.</summary>
    internal static int PollCount(ImmutableArray<AttachedDevice> devices) =>
        devices.Where(device => device.Type == DeviceType.Net).Select(device => device.Handle).DefaultIfEmpty(0).Max() + 1;

    /// <summary>Segments ascend by the rules of section 1.2, and the run loop relies on it.</summary>
    private static uint PutRanges(Span<byte> bytes, uint address, List<Segment> segments)
    {
        foreach (Segment segment in segments)
        {
            Put64(bytes, address, segment.Start);
            Put64(bytes, address + 8, segment.End);
            address += ConstantsLayout.RangeBytes;
        }

        Put64(bytes, address, ulong.MaxValue);
        Put64(bytes, address + 8, ulong.MaxValue);
        return address + ConstantsLayout.RangeBytes;
    }

    private static void Put32(Span<byte> bytes, uint address, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[(int)(address - ProcessLayout.Constants)..], value);

    private static void Put64(Span<byte> bytes, uint address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(int)(address - ProcessLayout.Constants)..], value);
}
