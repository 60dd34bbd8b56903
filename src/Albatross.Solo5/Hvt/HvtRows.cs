using System.Buffers.Binary;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// The system calls of an hvt launch in their order: guest memory and image, virtual machine, and at last everything that closes the
/// process in. seccomp comes last, because nothing before it would pass the filter.
/// </summary>
internal static class HvtRows
{
    /// <summary>CPU numbers end here (CONFIG_NR_CPUS is at most 8192).</summary>
    internal const int CpuLimit = 8192;

    // include/uapi/asm-generic/mman-common.h
    private const ulong MapShared = 0x01;
    private const ulong MapPrivate = 0x02;
    private const ulong MapFixed = 0x10;
    private const ulong MapAnonymous = 0x20;
    private const ulong MapNoReserve = 0x4000;
    private const ulong MapFixedNoReplace = 0x10_0000;
    private const ulong ReadWrite = 3;
    private const ulong NoDescriptor = ulong.MaxValue;

    /// <summary>Adds every row. <paramref name="lowBytes"/> is what the launcher's ELF has already loaded at guest address 0.</summary>
    internal static void Add(
        CallTable table, HvtLaunchRequest request, ImmutableArray<Segment> segments, int vcpu, ulong lowBytes, byte[] filter)
    {
        // Nothing that was inherited by accident stays open; the vCPU's number is the first free one behind what stays.
        table.MustSucceed("close_range", SystemCallNumber.CloseRange, (ulong)vcpu, uint.MaxValue, 0);
        AddMemory(table, request, segments, lowBytes);
        AddMachine(table, request, (ulong)vcpu);
        AddConfinement(table, request, filter);
    }

    private static void AddMemory(CallTable table, HvtLaunchRequest request, ImmutableArray<Segment> segments, ulong lowBytes)
    {
        table.MustSucceed(
            "Error allocating guest memory: mmap",
            SystemCallNumber.Mmap,
            ProcessLayout.Guest + lowBytes,
            request.Memory.Bytes - lowBytes,
            ReadWrite,
            MapPrivate | MapAnonymous | MapNoReserve | MapFixedNoReplace,
            NoDescriptor,
            0);
        foreach (Segment segment in segments)
        {
            AddSegment(table, segment, request.ImageAccess);
        }

        // Before the machine is made, so that the machine gets this number.
        table.MustSucceed("close", SystemCallNumber.Close, LaunchDescriptors.Image);
    }

    private static void AddSegment(CallTable table, Segment segment, ImageAccess access)
    {
        const ulong PageMask = ProcessLayout.PageBytes - 1;
        bool shared = access == ImageAccess.Share && ((segment.FileOffset | segment.Address) & PageMask) == 0;
        ulong mapped = shared ? segment.FileSize & ~PageMask : 0;
        ulong address = ProcessLayout.Guest + segment.Address;
        if (mapped > 0)
        {
            table.MustSucceed(
                "mmap of a segment",
                SystemCallNumber.Mmap,
                address,
                mapped,
                (ulong)segment.Access,
                MapPrivate | MapFixed,
                LaunchDescriptors.Image,
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
                LaunchDescriptors.Image,
                address + mapped,
                rest,
                segment.FileOffset + mapped);
        }

        table.MustSucceed(
            "mprotect",
            SystemCallNumber.Mprotect,
            ProcessLayout.Guest + segment.Start,
            segment.End - segment.Start,
            (ulong)segment.Access);
    }

    /// <summary>
    /// Section 3. A virtual machine belongs to the address space that made it, hence it is made here and not by the parent.
    /// </summary>
    private static void AddMachine(CallTable table, HvtLaunchRequest request, ulong vcpu)
    {
        const ulong Vm = LaunchDescriptors.VirtualMachine;
        const int Ioctl = SystemCallNumber.Ioctl;
        table.MustEqual("KVM: ioctl (CREATE_VM)", (uint)Vm, Ioctl, LaunchDescriptors.Kvm, KvmRequest.CreateVm, 0);
        uint region = table.Place(CpuState.MemoryRegion(request.Memory));
        table.MustSucceed("KVM: ioctl (SET_USER_MEMORY_REGION)", Ioctl, Vm, KvmRequest.SetUserMemoryRegion, region);
        table.MustEqual("KVM: ioctl (CREATE_VCPU)", (uint)vcpu, Ioctl, Vm, KvmRequest.CreateVcpu, 0);
        table.MustSucceed(
            "KVM: VCPU mmap",
            SystemCallNumber.Mmap,
            ProcessLayout.KvmRun,
            (ulong)request.Kvm.RunSizeBytes,
            ReadWrite,
            MapShared | MapFixedNoReplace,
            vcpu,
            0);
        uint cpuid = table.Place(request.Kvm.Cpuid.Span);
        table.MustSucceed("KVM: ioctl (SET_CPUID2)", Ioctl, vcpu, KvmRequest.SetCpuid2, cpuid);
        uint special = table.Place(CpuState.SpecialRegisters());
        table.MustSucceed("KVM: ioctl (SET_SREGS)", Ioctl, vcpu, KvmRequest.SetSpecialRegisters, special);
        table.Store("KVM: ioctl (GET_TSC_KHZ)", ScratchLayout.TscKilohertz, Ioctl, vcpu, KvmRequest.GetTscKilohertz, 0);
        uint registers = table.Place(CpuState.Registers(request.Image.Elf.Entry, request.Memory));
        table.MustSucceed("KVM: ioctl (SET_REGS)", Ioctl, vcpu, KvmRequest.SetRegisters, registers);

        // The vCPU alone keeps the machine alive.
        table.MustSucceed("close", SystemCallNumber.Close, Vm);
        table.MustSucceed("close", SystemCallNumber.Close, LaunchDescriptors.Kvm);
    }

    private static void AddConfinement(CallTable table, HvtLaunchRequest request, byte[] filter)
    {
        const ulong SetMask = 2, CoreLimit = 4, SetName = 15, NoNewPrivileges = 38, SetModeFilter = 1;
        if (!request.Cpus.IsEmpty)
        {
            byte[] mask = CpuMask(request.Cpus);
            uint cpus = table.Place(mask);
            table.MustSucceed("sched_setaffinity", SystemCallNumber.SchedSetaffinity, 0, (ulong)mask.Length, cpus);
        }

        uint zeros = table.Place(new byte[16]);
        table.Ignore(SystemCallNumber.RtSigprocmask, SetMask, zeros, 0, 8);
        table.Ignore(SystemCallNumber.Setrlimit, CoreLimit, zeros);
        table.Ignore(SystemCallNumber.Prctl, SetName, table.Place("hvt-guest\0"u8));
        table.MustSucceed("PR_SET_NO_NEW_PRIVS", SystemCallNumber.Prctl, NoNewPrivileges, 1, 0, 0, 0);

        // The stack and the vdso: nothing may lie above guest memory. The kernel's own vsyscall page stays, which is beyond this range.
        ulong guestEnd = ProcessLayout.Guest + request.Memory.Bytes;
        table.Ignore(SystemCallNumber.Munmap, guestEnd, ProcessLayout.AddressSpaceEnd - guestEnd);

        var program = new byte[16];
        uint instructions = table.Place(filter);
        BinaryPrimitives.WriteUInt16LittleEndian(program, checked((ushort)(filter.Length / FilterProgram.InstructionBytes)));
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(8), instructions);
        table.MustSucceed("seccomp", SystemCallNumber.Seccomp, SetModeFilter, 0, table.Place(program));
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
