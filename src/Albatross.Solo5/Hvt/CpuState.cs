using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>What a guest finds at its first instruction: page tables, GDT and registers (section 4).</summary>
internal static class CpuState
{
    /// <summary>Guest address of the boot information.</summary>
    internal const ulong BootInformation = 0x10000;

    private const ulong Gdt = 0x1000;
    private const ulong Pml4 = 0x2000;
    private const ulong Pdpt = 0x3000;
    private const ulong FirstDirectory = 0x4000;
    private const ulong FirstTable = 0x8000;
    private const ulong CodeDescriptor = 0x00AF_9900_0000_FFFF;
    private const ulong DataDescriptor = 0x00CF_9300_0000_FFFF;

    private const ulong Present = 1;
    private const ulong Writable = 2;
    private const ulong Accessed = 0x20;
    private const ulong Dirty = 0x40;
    private const ulong LargePage = 0x80;

    /// <summary>
    /// Guest memory from 0 to the end of the boot information, in whole pages. Page 0 is included although it is unused: a hypercall may
    /// name it. Accessed and dirty bits are set beforehand, so that no CPU ever writes to these pages and they stay shared with the file.
    /// </summary>
    internal static byte[] LowMemory(GuestMemorySize memory, ReadOnlySpan<byte> bootInformation)
    {
        int pages = ((int)BootInformation + bootInformation.Length + (int)ProcessLayout.PageBytes - 1) / (int)ProcessLayout.PageBytes;
        var low = new byte[pages * (int)ProcessLayout.PageBytes];
        Put(low, Gdt + 8, CodeDescriptor);
        Put(low, Gdt + 16, DataDescriptor);

        Put(low, Pml4, Pdpt | Present | Writable | Accessed);
        for (ulong i = 0; i < 4; i++)
        {
            Put(low, Pdpt + (8 * i), (FirstDirectory + (i * ProcessLayout.PageBytes)) | Present | Writable | Accessed);
        }

        // The first 2 MiB in small pages: tables not present, boot information read-only, image and heap writable.
        Put(low, FirstDirectory, FirstTable | Present | Writable | Accessed);
        for (ulong page = BootInformation; page < GuestMemorySize.UnitBytes; page += ProcessLayout.PageBytes)
        {
            ulong writable = page >= SegmentPlacement.LowestAddress ? Writable : 0;
            Put(low, FirstTable + (page / ProcessLayout.PageBytes * 8), page | Present | Accessed | Dirty | writable);
        }

        for (ulong page = GuestMemorySize.UnitBytes; page < memory.Bytes; page += GuestMemorySize.UnitBytes)
        {
            ulong entry = page | Present | Writable | Accessed | Dirty | LargePage;
            Put(low, FirstDirectory + (page / GuestMemorySize.UnitBytes * 8), entry);
        }

        bootInformation.CopyTo(low.AsSpan((int)BootInformation));
        return low;
    }

    /// <summary>struct kvm_sregs, 312 bytes: 64-bit mode, paging on, no interrupt table.</summary>
    internal static byte[] SpecialRegisters()
    {
        var code = new KvmSegment { Limit = uint.MaxValue, Selector = 8, Type = 9, Present = 1, System = 1, Long = 1, Granularity = 1 };
        var data = new KvmSegment
        {
            Limit = uint.MaxValue, Selector = 16, Type = 3, Present = 1, DefaultSize = 1, System = 1, Granularity = 1,
        };
        var registers = new KvmSpecialRegisters
        {
            Cs = code,
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
            Tr = new KvmSegment { Type = 11, Present = 1 },
            Ldt = new KvmSegment { Unusable = 1 },
            Gdt = new KvmDescriptorTable { Base = Gdt, Limit = 23 },
            Cr0 = 0x8001_0021,
            Cr3 = Pml4,
            Cr4 = 0x620,
            Efer = 0x500,
        };
        return MemoryMarshal.AsBytes(new ReadOnlySpan<KvmSpecialRegisters>(in registers)).ToArray();
    }

    /// <summary>struct kvm_regs, 144 bytes: everything zero but rdi, rsp, rip and rflags.</summary>
    internal static byte[] Registers(ulong entry, GuestMemorySize memory)
    {
        const int Rdi = 5, Rsp = 6, Rip = 16, Rflags = 17;
        var registers = new byte[144];
        Put(registers, Rdi * 8, BootInformation);
        Put(registers, Rsp * 8, memory.Bytes - 8);
        Put(registers, Rip * 8, entry);
        Put(registers, Rflags * 8, 2);
        return registers;
    }

    /// <summary>struct kvm_userspace_memory_region, 32 bytes: slot 0, guest address 0, all of guest memory.</summary>
    internal static byte[] MemoryRegion(GuestMemorySize memory)
    {
        var region = new byte[32];
        Put(region, 16, memory.Bytes);
        Put(region, 24, ProcessLayout.Guest);
        return region;
    }

    private static void Put(Span<byte> bytes, ulong offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(int)offset..], value);

    /// <summary>struct kvm_segment, 24 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KvmSegment
    {
        internal ulong Base;
        internal uint Limit;
        internal ushort Selector;
        internal byte Type;
        internal byte Present;
        internal byte Privilege;
        internal byte DefaultSize;
        internal byte System;
        internal byte Long;
        internal byte Granularity;
        internal byte Available;
        internal byte Unusable;
        internal byte Padding;
    }

    /// <summary>struct kvm_dtable, 16 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KvmDescriptorTable
    {
        internal ulong Base;
        internal ushort Limit;
        internal ushort Padding0;
        internal ushort Padding1;
        internal ushort Padding2;
    }

    /// <summary>struct kvm_sregs, 312 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct KvmSpecialRegisters
    {
        internal KvmSegment Cs;
        internal KvmSegment Ds;
        internal KvmSegment Es;
        internal KvmSegment Fs;
        internal KvmSegment Gs;
        internal KvmSegment Ss;
        internal KvmSegment Tr;
        internal KvmSegment Ldt;
        internal KvmDescriptorTable Gdt;
        internal KvmDescriptorTable Idt;
        internal ulong Cr0;
        internal ulong Cr2;
        internal ulong Cr3;
        internal ulong Cr4;
        internal ulong Cr8;
        internal ulong Efer;
        internal ulong ApicBase;
        internal ulong Interrupt0;
        internal ulong Interrupt1;
        internal ulong Interrupt2;
        internal ulong Interrupt3;
    }
}
