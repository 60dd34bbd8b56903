using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Spt;

/// <summary>
/// Every address of the process of a running spt unikernel. It is the guest: its "physical" addresses are those of the process, and what
/// the launcher needs lies in the megabyte that the ABI leaves free below the image.
/// <code>
/// 0x00010000  r-x  ELF header, then the machine code that plays the table and jumps
/// 0x00011000  rw-  boot information, manifest, command line
/// 0x00020000  r--  the table of system calls: address of its first row, data, rows
/// 0x00100000       the image, heap and stack, up to the size of guest memory; nothing above
/// </code>
/// </summary>
internal static class SptLayout
{
    internal const uint BootInformation = 0x11000;

    /// <summary>u32: address of the first row of the table, which begins with it.</summary>
    internal const uint FirstRow = ProcessLayout.Table;

    /// <summary>
    /// Where a message is put together, at most 512 bytes: over the boot information, which a process that fails needs no more.
    /// </summary>
    internal const uint Text = BootInformation;
}
