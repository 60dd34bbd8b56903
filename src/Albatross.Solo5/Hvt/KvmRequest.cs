namespace Albatross.Solo5.Hvt;

/// <summary>Requests of ioctl(2) on KVM descriptors, and what a vCPU answers with (include/uapi/linux/kvm.h).</summary>
internal static class KvmRequest
{
    internal const uint CreateVm = 0xAE01;
    internal const uint CreateVcpu = 0xAE41;
    internal const uint Run = 0xAE80;
    internal const uint GetTscKilohertz = 0xAEA3;
    internal const uint SetUserMemoryRegion = 0x4020_AE46;
    internal const uint SetCpuid2 = 0x4008_AE90;
    internal const uint SetSpecialRegisters = 0x4138_AE84;
    internal const uint GetRegisters = 0x8090_AE81;
    internal const uint SetRegisters = 0x4090_AE82;
}

/// <summary>The fields of struct kvm_run that the run loop reads (section 6): offsets from its start.</summary>
internal static class KvmRunLayout
{
    internal const uint ExitReason = 8;
    internal const uint IoDirection = 32;
    internal const uint IoSize = 33;
    internal const uint IoPort = 34;
    internal const uint IoDataOffset = 40;

    /// <summary>u64 after exit reason 9, u32 after exit reason 17.</summary>
    internal const uint FailureDetail = 32;

    internal const int ExitIo = 2;
    internal const int ExitFailEntry = 9;
    internal const int ExitInternalError = 17;
}
