namespace Albatross.Solo5.Launch;

/// <summary>
/// Every address of the process of a running unikernel. What the launcher owns lies below 4 GiB, guest memory is
/// [<see cref="Guest"/>, <see cref="Guest"/> + size) with size at most 4 GiB, and nothing at all is mapped above it. So "the high half of a
/// pointer is 1" means "guest memory or nothing", which the system call filter tests.
/// <code>
/// 0x00010000  r-x  ELF header, then the machine code (the same bytes for every unikernel)
/// 0x00012000  r--  constants: what was decided about this unikernel (device table, forbidden ranges, descriptors)
/// 0x00018000  rw-  scratch: one page, the only writable memory of the launcher
/// 0x00020000  r--  the table of system calls: data, then rows
/// 0x00040000  rw-  kvm_run, shared with the kernel
/// 0x100000000      guest memory: page tables and boot information, image, heap and stack
/// </code>
/// </summary>
internal static class ProcessLayout
{
    internal const uint Elf = 0x10000;
    internal const uint Code = 0x10200;
    internal const uint CodeEnd = 0x11000;
    internal const uint Constants = 0x12000;
    internal const uint ConstantsEnd = 0x18000;
    internal const uint Scratch = 0x18000;
    internal const uint ScratchEnd = 0x19000;
    internal const uint Table = 0x20000;
    internal const uint TableEnd = 0x40000;
    internal const uint KvmRun = 0x40000;

    /// <summary>The largest kvm_run that is accepted, in bytes; 12288 was seen.</summary>
    internal const uint KvmRunLimitBytes = 0x40000;

    internal const ulong Guest = 0x1_0000_0000;

    /// <summary>End of what a process can map (47 bits, less the guard page).</summary>
    internal const ulong AddressSpaceEnd = 0x7fff_ffff_f000;

    internal const uint PageBytes = 0x1000;
}
