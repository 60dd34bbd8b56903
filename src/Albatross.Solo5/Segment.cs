namespace Albatross.Solo5;

/// <summary>One part of the file that is loaded into guest memory: a PT_LOAD that passed every rule of section 1.2.</summary>
/// <param name="Address">Guest address of the first byte.</param>
/// <param name="FileOffset">Where the bytes begin in the file.</param>
/// <param name="FileSize">How many bytes come from the file, at least 1; the rest up to <paramref name="End"/> is zero.</param>
/// <param name="Start">First guest page of the segment.</param>
/// <param name="End">End of its last guest page.</param>
/// <param name="Access">What the host mapping of [Start, End) allows.</param>
internal readonly record struct Segment(
    ulong Address, ulong FileOffset, ulong FileSize, ulong Start, ulong End, SegmentAccess Access)
{
    /// <summary>
    /// The segment as the host of a virtual machine maps it: never executable, but what the guest executes has to be readable.
    /// </summary>
    internal Segment ForVirtualMachine() => Access.HasFlag(SegmentAccess.Execute)
        ? this with { Access = (Access & ~SegmentAccess.Execute) | SegmentAccess.Read }
        : this;
}

/// <summary>Protection of a segment; the values are those of mmap(2), PROT_READ, PROT_WRITE and PROT_EXEC.</summary>
[Flags]
internal enum SegmentAccess
{
    /// <summary>Neither the guest's hypercalls nor the guest may touch it.</summary>
    None = 0,

    /// <summary>Readable.</summary>
    Read = 1,

    /// <summary>Writable.</summary>
    Write = 2,

    /// <summary>Executable; never together with <see cref="Write"/>.</summary>
    Execute = 4,
}
