using System.Buffers.Binary;

namespace Albatross.Linux;

/// <summary>
/// The host's KVM, opened, checked and asked once (section 3 of the hvt ABI description); good for every unikernel that this process
/// starts. It is the descriptor of /dev/kvm.
/// </summary>
public sealed class KvmHost : OwnedDescriptor
{
    private const string Device = "/dev/kvm";

    // include/uapi/linux/kvm.h
    private const nuint GetApiVersion = 0xAE00;
    private const nuint CheckExtension = 0xAE03;
    private const nuint GetVcpuMmapSize = 0xAE04;
    private const nuint GetSupportedCpuid = 0xC008_AE05;
    private const int ApiVersion = 12;
    private const int CapabilityUserMemory = 3;
    private const int CapabilityGetTscKilohertz = 61;

    /// <summary>KVM_MAX_CPUID_ENTRIES.</summary>
    private const int MaximumCpuidEntries = 256;

    private const int CpuidHeaderBytes = 8;
    private const int CpuidEntryBytes = 40;
    private const int LargestRunSizeBytes = 0x40000;

    private KvmHost(int descriptor)
        : base(descriptor) { }

    /// <summary>Bytes of struct kvm_run, 4096 to 262144.</summary>
    public int RunSizeBytes { get; private set; }

    /// <summary>struct kvm_cpuid2 with every entry that this host supports; the call takes a millisecond on some hosts.</summary>
    public ReadOnlyMemory<byte> Cpuid { get; private set; }

    /// <summary>Opens /dev/kvm and asks it.</summary>
    /// <exception cref="LinuxException">There is no KVM, or this user may not use it.</exception>
    /// <exception cref="PlatformNotSupportedException">It lacks something that unikernels need; the message says what.</exception>
    public static KvmHost Open()
    {
        int descriptor = Libc.OpenPath(Device, Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        var host = new KvmHost(LinuxException.Check(descriptor, "open", Device));
        try
        {
            host.Ask();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private void Ask()
    {
        int version = Libc.Control(this, GetApiVersion, 0);
        Require(version == ApiVersion, $"API version is {version}, version {ApiVersion} is required");
        Require(Libc.Control(this, CheckExtension, CapabilityUserMemory) == 1, "host does not support KVM_CAP_USER_MEMORY");
        Require(Libc.Control(this, CheckExtension, CapabilityGetTscKilohertz) == 1, "host does not support KVM_CAP_GET_TSC_KHZ");
        RunSizeBytes = LinuxException.Check(Libc.Control(this, GetVcpuMmapSize, 0), "KVM_GET_VCPU_MMAP_SIZE");
        Require(RunSizeBytes is >= 4096 and <= LargestRunSizeBytes, $"kvm_run has {RunSizeBytes} bytes");
        Cpuid = AskCpuid();
    }

    private byte[] AskCpuid()
    {
        var cpuid = new byte[CpuidHeaderBytes + (MaximumCpuidEntries * CpuidEntryBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(cpuid, MaximumCpuidEntries);
        LinuxException.Check(Libc.Control(this, GetSupportedCpuid, cpuid), "KVM_GET_SUPPORTED_CPUID");
        int entries = BinaryPrimitives.ReadInt32LittleEndian(cpuid);
        return cpuid[..(CpuidHeaderBytes + (entries * CpuidEntryBytes))];
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new PlatformNotSupportedException($"KVM: {otherwise}");
        }
    }
}
