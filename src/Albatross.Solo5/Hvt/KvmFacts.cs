namespace Albatross.Solo5.Hvt;

/// <summary>What a launch has to know about the host's KVM; asked once and good for every unikernel.</summary>
/// <param name="RunSizeBytes">KVM_GET_VCPU_MMAP_SIZE: bytes of kvm_run, 4096 to 262144.</param>
/// <param name="Cpuid">struct kvm_cpuid2 as KVM_GET_SUPPORTED_CPUID filled it in, at most 256 entries; passed on unchanged.</param>
public sealed record KvmFacts(int RunSizeBytes, ReadOnlyMemory<byte> Cpuid);
