using System.Buffers.Binary;
using Albatross.Solo5.Launch;
using static Albatross.Solo5.Launch.LaunchRows;

namespace Albatross.Solo5.Spt;

/// <summary>
/// The system calls of an spt launch in their order: guest memory and image, what the guest waits with, and at last everything that closes
/// the process in.
/// </summary>
internal static class SptRows
{
    private const ulong ReadWriteExecute = 7;
    private static readonly ReadOnlyMemory<byte> ProcessName = "spt-guest\0"u8.ToArray();

    /// <summary>Adds every row.</summary>
    internal static void Add(
        CallTable table,
        SptLaunchRequest request,
        ImmutableArray<Segment> segments,
        ImmutableArray<AttachedDevice> devices,
        int timer,
        byte[] filter)
    {
        // The timer's number is the first free one behind what stays.
        AddDescriptors(table, request, timer);
        table.MustSucceed(
            "Error allocating guest memory: mmap",
            SystemCallNumber.Mmap,
            SegmentPlacement.LowestAddress,
            request.Memory.Bytes - SegmentPlacement.LowestAddress,
            request.Heap == HeapAccess.ReadWriteExecute ? ReadWriteExecute : ReadWrite,
            MapPrivate | MapAnonymous | MapFixedNoReplace,
            NoDescriptor,
            0);
        AddSegments(table, segments, request.ImageAccess, guest: 0, SptDescriptors.Image);

        // Before the epoll set is made, so that it gets this number.
        table.MustSucceed("close", SystemCallNumber.Close, SptDescriptors.Image);
        AddWaiting(table, devices, timer);
        ConfinementRows.Add(table, new ConfinementPlan
        {
            ProcessName = ProcessName,
            Cpus = request.Cpus,
            Confinement = request.Confinement,
            Limits = new ResourceLimits(AttachedDevice.LargestFile(request.Console, devices), Descriptors: 0, Processes: 0),
            FreeDescriptor = timer + 1,
            GuestEnd = request.Memory.Bytes,
            Filter = filter,
        });
    }

    /// <summary>The epoll set with the timer and every tap; an event carries the tap's handle (section 5 of the ABI description).</summary>
    private static void AddWaiting(CallTable table, ImmutableArray<AttachedDevice> devices, int timer)
    {
        const ulong Monotonic = 1, NonBlocking = 0x800, TimerEvent = 0xFFFF_FFFE;
        table.MustEqual("epoll_create1", SptDescriptors.Epoll, SystemCallNumber.EpollCreate1, 0);
        table.MustEqual("timerfd_create", (uint)timer, SystemCallNumber.TimerfdCreate, Monotonic, NonBlocking);
        AddWatch(table, timer, TimerEvent);
        foreach (AttachedDevice device in devices.Where(device => device.Type == DeviceType.Net))
        {
            AddWatch(table, device.Descriptor, (ulong)device.Handle);
        }
    }

    private static void AddWatch(CallTable table, int descriptor, ulong data)
    {
        const ulong Add = 1;
        const uint Readable = 1;

        // struct epoll_event of x86-64 is packed: events u32, data u64.
        var watch = new byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(watch, Readable);
        BinaryPrimitives.WriteUInt64LittleEndian(watch.AsSpan(4), data);
        table.MustSucceed(
            "epoll_ctl", SystemCallNumber.EpollCtl, SptDescriptors.Epoll, Add, (ulong)descriptor, table.Place(watch));
    }
}
