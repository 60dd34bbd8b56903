using Albatross.Solo5.Launch;
using static Albatross.Solo5.Launch.LaunchRows;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// The system calls of an hvt launch in their order: guest memory and image, virtual machine, and at last everything that closes the
/// process in. seccomp comes last, because nothing before it would pass the filter.
/// </summary>
internal static class HvtRows
{
    private static readonly ReadOnlyMemory<byte> ProcessName = "hvt-guest\0"u8.ToArray();

    /// <summary>Adds every row. <paramref name="lowBytes"/> is what the launcher's ELF has already loaded at guest address 0.</summary>
    internal static void Add(
        CallTable table,
        HvtLaunchRequest request,
        ImmutableArray<Segment> segments,
        ImmutableArray<AttachedDevice> devices,
        int vcpu,
        ulong lowBytes,
        byte[] filter)
    {
        // The vCPU's number is the first free one behind what stays.
        AddDescriptors(table, request, vcpu);
        AddMemory(table, request, segments, lowBytes);
        AddMachine(table, request, (ulong)vcpu);
        ConfinementRows.Add(table, new ConfinementPlan
        {
            ProcessName = ProcessName,
            Cpus = request.Cpus,
            Confinement = request.Confinement,
            Limits = new ResourceLimits(
                AttachedDevice.LargestFile(request.Console, devices), HvtConstants.PollCount(devices), Processes: null),
            FreeDescriptor = LaunchDescriptors.Kvm,
            GuestEnd = ProcessLayout.Guest + request.Memory.Bytes,
            Filter = filter,
        });
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
        AddSegments(table, segments, request.ImageAccess, ProcessLayout.Guest, LaunchDescriptors.Image);

        // Before the machine is made, so that the machine gets this number.
        table.MustSucceed("close", SystemCallNumber.Close, LaunchDescriptors.Image);
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
}
