namespace Albatross.Solo5.Launch;

/// <summary>The system calls that the launches of both targets have in common.</summary>
internal static class LaunchRows
{
    // include/uapi/asm-generic/mman-common.h
    internal const ulong MapShared = 0x01;
    internal const ulong MapPrivate = 0x02;
    internal const ulong MapFixed = 0x10;
    internal const ulong MapAnonymous = 0x20;
    internal const ulong MapNoReserve = 0x4000;
    internal const ulong MapFixedNoReplace = 0x10_0000;
    internal const ulong ReadWrite = 3;
    internal const ulong NoDescriptor = ulong.MaxValue;

    private const ulong PageMask = ProcessLayout.PageBytes - 1;

    /// <summary>
    /// Puts inherited descriptors into their places from 3 on, and closes everything from <paramref name="end"/> on: nothing that was
    /// inherited by accident stays open. The empty root stands at <paramref name="end"/> and is closed at last.
    /// </summary>
    internal static void AddDescriptors(CallTable table, LaunchRequest request, int end)
    {
        ImmutableArray<int> inheritedAt = request.InheritedAt;
        int root = request.Confinement.HasEmptyRoot ? 1 : 0;
        const int First = LaunchDescriptors.Error + 1;
        for (int i = 0; i < inheritedAt.Length; i++)
        {
            table.MustSucceed("dup3", SystemCallNumber.Dup3, (ulong)inheritedAt[i], (ulong)(First + i), 0);
        }

        table.MustSucceed("close_range", SystemCallNumber.CloseRange, (ulong)(end + root), uint.MaxValue, 0);
        if (root > 0)
        {
            ConfinementRows.AddEmptyRoot(table, end);
        }
    }

    /// <summary>Loads the segments, for which there is memory; guest address 0 is process address <paramref name="guest"/>.</summary>
    internal static void AddSegments(
        CallTable table, ImmutableArray<Segment> segments, ImageAccess access, ulong guest, int imageDescriptor)
    {
        foreach (Segment segment in segments)
        {
            AddSegment(table, segment, access, guest, (ulong)imageDescriptor);
        }
    }

    private static void AddSegment(CallTable table, Segment segment, ImageAccess access, ulong guest, ulong imageDescriptor)
    {
        bool shared = access == ImageAccess.Share && ((segment.FileOffset | segment.Address) & PageMask) == 0;
        ulong mapped = shared ? segment.FileSize & ~PageMask : 0;
        ulong address = guest + segment.Address;
        if (mapped > 0)
        {
            table.MustSucceed(
                "mmap of a segment",
                SystemCallNumber.Mmap,
                address,
                mapped,
                (ulong)segment.Access,
                MapPrivate | MapFixed,
                imageDescriptor,
                segment.FileOffset);
        }

        // What does not fill a page is read, so that the page behind it is zero and not more of the file.
        ulong rest = segment.FileSize - mapped;
        if (rest > 0)
        {
            table.MustEqual(
                "read of a segment",
                (uint)rest,
                SystemCallNumber.Pread,
                imageDescriptor,
                address + mapped,
                rest,
                segment.FileOffset + mapped);
        }

        table.MustSucceed(
            "mprotect", SystemCallNumber.Mprotect, guest + segment.Start, segment.End - segment.Start, (ulong)segment.Access);
    }
}
