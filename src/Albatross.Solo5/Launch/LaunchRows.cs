using System.Buffers.Binary;

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
    /// inherited by accident stays open.
    /// </summary>
    internal static void AddDescriptors(CallTable table, ImmutableArray<int> inheritedAt, int end)
    {
        const int First = LaunchDescriptors.Error + 1;
        for (int i = 0; i < inheritedAt.Length; i++)
        {
            table.MustSucceed("dup3", SystemCallNumber.Dup3, (ulong)inheritedAt[i], (ulong)(First + i), 0);
        }

        table.MustSucceed("close_range", SystemCallNumber.CloseRange, (ulong)end, uint.MaxValue, 0);
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

    /// <summary>
    /// What closes the process in. Nothing stays mapped from <paramref name="guestEnd"/> on; seccomp comes last, because nothing before it
    /// would pass the filter.
    /// </summary>
    internal static void AddConfinement(
        CallTable table, ReadOnlySpan<byte> processName, ImmutableArray<int> cpus, ulong? largestFileBytes, ulong guestEnd, byte[] filter)
    {
        const ulong SetMask = 2, FileSizeLimit = 1, CoreLimit = 4, SetName = 15, NoNewPrivileges = 38, SetModeFilter = 1;
        if (!cpus.IsEmpty)
        {
            byte[] mask = CpuMask(cpus);
            uint address = table.Place(mask);
            table.MustSucceed("sched_setaffinity", SystemCallNumber.SchedSetaffinity, 0, (ulong)mask.Length, address);
        }

        uint zeros = table.Place(new byte[16]);
        table.Ignore(SystemCallNumber.RtSigprocmask, SetMask, zeros, 0, 8);
        table.Ignore(SystemCallNumber.Setrlimit, CoreLimit, zeros);
        if (largestFileBytes is { } bytes)
        {
            var limit = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(limit, bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(limit.AsSpan(8), bytes);
            table.MustSucceed("RLIMIT_FSIZE", SystemCallNumber.Setrlimit, FileSizeLimit, table.Place(limit));
        }

        table.Ignore(SystemCallNumber.Prctl, SetName, table.Place(processName));
        table.MustSucceed("PR_SET_NO_NEW_PRIVS", SystemCallNumber.Prctl, NoNewPrivileges, 1, 0, 0, 0);

        // The stack and the vdso: nothing may lie above guest memory. The kernel's own vsyscall page stays, which is beyond this range.
        table.Ignore(SystemCallNumber.Munmap, guestEnd, ProcessLayout.AddressSpaceEnd - guestEnd);

        var program = new byte[16];
        uint instructions = table.Place(filter);
        BinaryPrimitives.WriteUInt16LittleEndian(program, checked((ushort)(filter.Length / FilterProgram.InstructionBytes)));
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(8), instructions);
        table.MustSucceed("seccomp", SystemCallNumber.Seccomp, SetModeFilter, 0, table.Place(program));
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

    /// <summary>cpu_set_t: one bit a CPU, in whole 64-bit words.</summary>
    private static byte[] CpuMask(ImmutableArray<int> cpus)
    {
        var mask = new byte[((cpus.Max() / 64) + 1) * 8];
        foreach (int cpu in cpus)
        {
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        return mask;
    }
}
