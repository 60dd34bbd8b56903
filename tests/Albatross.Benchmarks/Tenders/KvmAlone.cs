using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Benchmarks.Tenders;

/// <summary>
/// What KVM itself costs, without any tender: its objects from open to close with the first run, and the exits of a guest whose hypercalls
/// nobody carries out. It has to be the guest that is compared: a KVM that interprets what a guest does after an exit (KVM_PVM: some
/// 0.8 microseconds an instruction) makes each of its instructions a part of the price.
/// </summary>
internal sealed partial class KvmAlone(KvmHost facts)
{
    private const int ReadWriteCloseOnExec = 0x80002;
    private const int ReadWrite = 3, Shared = 1, PrivateAnonymousFixedNoReserve = 0x10_4022;
    private const uint Run = 0xAE80;
    private const uint CreateVm = 0xAE01, CreateVcpu = 0xAE41;
    private const int ExitReason = 8, ExitIo = 2;

    // mov edx, 0x501; again: out dx, eax; jmp again
    private static readonly byte[] Leaving = [0xba, 0x01, 0x05, 0x00, 0x00, 0xef, 0xeb, 0xfd];

    /// <summary>Makes a machine, lets it leave once, and takes it apart.</summary>
    public void Once() => Exits(1, guest => Marshal.Copy(Leaving, 0, guest + (nint)SegmentPlacement.LowestAddress, Leaving.Length), null);

    /// <summary>The CPU time of as many exits of <paramref name="image"/> as it has hypercalls before its halt.</summary>
    public TimeSpan Exits(HeldImage image, int hypercalls) => Exits(
        hypercalls,
        guest =>
        {
            if (!SegmentPlacement.TryPlace(image.Image.Elf, Memory, out ImmutableArray<Segment> segments, out ImageRefusal? refusal))
            {
                throw new InvalidOperationException(refusal.Text);
            }

            byte[] file = image.File.Read(bytes => bytes.ToArray());
            foreach (Segment segment in segments)
            {
                Marshal.Copy(file, (int)segment.FileOffset, guest + (nint)segment.Address, (int)segment.FileSize);
            }
        },
        image.Image.Elf.Entry);

    /// <summary>
    /// Makes a machine, lets it leave <paramref name="exits"/> times, and takes it apart; the CPU time of all exits but the first.
    /// </summary>
    private TimeSpan Exits(int exits, Action<nint> load, ulong? entry)
    {
        GuestMemorySize memory = Memory;
        int kvm = Check(Open("/dev/kvm", ReadWriteCloseOnExec), "open");
        int vm = Check(Control(kvm, CreateVm, 0), "CREATE_VM");
        nint wanted = unchecked((nint)ProcessLayout.Guest);
        nint guest = Map(wanted, (nuint)memory.Bytes, ReadWrite, PrivateAnonymousFixedNoReserve, -1, 0);
        Check(guest == wanted ? 0 : -1, "mmap of guest memory");
        byte[] low = CpuState.LowMemory(memory, []);
        Marshal.Copy(low, 0, guest, low.Length);
        load(guest);
        Check(Control(vm, KvmRequest.SetUserMemoryRegion, CpuState.MemoryRegion(memory)), "SET_USER_MEMORY_REGION");
        int vcpu = Check(Control(vm, CreateVcpu, 0), "CREATE_VCPU");
        nint run = Map(0, (nuint)facts.RunSizeBytes, ReadWrite, Shared, vcpu, 0);
        Check(run == -1 ? -1 : 0, "mmap of kvm_run");
        Check(Control(vcpu, KvmRequest.SetCpuid2, facts.Cpuid.ToArray()), "SET_CPUID2");
        Check(Control(vcpu, KvmRequest.SetSpecialRegisters, CpuState.SpecialRegisters()), "SET_SREGS");
        Check(Control(vcpu, KvmRequest.SetRegisters, CpuState.Registers(entry ?? SegmentPlacement.LowestAddress, memory)), "SET_REGS");
        Check(Control(vcpu, Run, 0), "RUN");
        if (Marshal.ReadInt32(run, ExitReason) != ExitIo)
        {
            throw new InvalidOperationException($"the guest left for reason {Marshal.ReadInt32(run, ExitReason)}");
        }

        TimeSpan before = CpuClock.ThisThread;
        for (int i = 1; i < exits; i++)
        {
            Check(Control(vcpu, Run, 0), "RUN");
        }

        TimeSpan time = CpuClock.ThisThread - before;
        Unmap(run, (nuint)facts.RunSizeBytes);
        Close(vcpu);
        Close(vm);
        Close(kvm);
        Unmap(guest, (nuint)memory.Bytes);
        return time;
    }

    private static GuestMemorySize Memory => GuestMemorySize.TryFromMebibytes(16, out GuestMemorySize memory, out ImageRefusal? refusal)
        ? memory
        : throw new InvalidOperationException(refusal.Text);

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new LinuxException(call, "KVM", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
