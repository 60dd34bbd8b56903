namespace Albatross.Solo5.Launch;

/// <summary>
/// The read-only page of constants that the machine code reads: addresses of its fields. Written by HvtConstants.
/// </summary>
internal static class ConstantsLayout
{
    /// <summary>u64: guest memory in bytes.</summary>
    internal const uint MemorySize = ProcessLayout.Constants;

    /// <summary>u64: size of kvm_run less 4, the largest offset at which an I/O value can lie.</summary>
    internal const uint LargestIoOffset = ProcessLayout.Constants + 8;

    /// <summary>u32: descriptor of the vCPU.</summary>
    internal const uint Vcpu = ProcessLayout.Constants + 16;

    /// <summary>u32: descriptor of the timer.</summary>
    internal const uint Timer = ProcessLayout.Constants + 20;

    /// <summary>u32: entries of the poll set.</summary>
    internal const uint PollCount = ProcessLayout.Constants + 24;

    /// <summary>u32: entries of the device table that a handle may name.</summary>
    internal const uint DeviceCount = ProcessLayout.Constants + 28;

    /// <summary>u32: 1 if a block device is attached.</summary>
    internal const uint HasBlock = ProcessLayout.Constants + 32;

    /// <summary>u32: 1 if a network device is attached.</summary>
    internal const uint HasNet = ProcessLayout.Constants + 36;

    /// <summary>u32: address of the ranges to which no hypercall may write.</summary>
    internal const uint NoWrite = ProcessLayout.Constants + 40;

    /// <summary>u32: address of the ranges which no hypercall may read.</summary>
    internal const uint NoRead = ProcessLayout.Constants + 44;

    /// <summary>u32: address of the first row of the call table.</summary>
    internal const uint FirstRow = ProcessLayout.Constants + 48;

    /// <summary>64 devices of 16 bytes, indexed by handle: type u32 (0: absent), descriptor u32, capacity in bytes u64.</summary>
    internal const uint Devices = ProcessLayout.Constants + 64;

    internal const uint DeviceBytes = 16;
    internal const uint DeviceDescriptor = 4;
    internal const uint DeviceCapacity = 8;

    /// <summary>Ranges of 16 bytes: start u64, end u64 (guest addresses), ascending, ended by 2^64-1 twice.</summary>
    internal const uint Ranges = Devices + (64 * DeviceBytes);

    internal const uint RangeBytes = 16;
}
