namespace Albatross.Solo5;

/// <summary>The PT_LOAD rules of section 1.2: which bytes of the file go where in a guest memory of a given size.</summary>
internal static class SegmentPlacement
{
    /// <summary>A launch has room for this many segments; real images have three to six.</summary>
    internal const int MaximumSegments = 128;

    /// <summary>Unikernels are loaded from here on; below lie page tables and boot information (section 4).</summary>
    internal const ulong LowestAddress = 0x100000;

    private const ulong PageMask = 0xfff;

    /// <summary>Places every loaded segment of <paramref name="elf"/>, or names the first rule that is broken.</summary>
    internal static bool TryPlace(
        ElfImage elf,
        GuestMemorySize memory,
        out ImmutableArray<Segment> segments,
        [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        segments = [];
        refusal = null;
        if (elf.Entry < LowestAddress || elf.Entry >= memory.Bytes)
        {
            refusal = Invalid("e_entry does not fall within the memory allocation range");
            return false;
        }

        var placed = ImmutableArray.CreateBuilder<Segment>();
        ulong previousAddress = 0, previousEnd = 0;
        for (int i = 0; i < elf.Headers.Length; i++)
        {
            ProgramHeader header = elf.Headers[i];

            // A segment without bytes in the file is the bss: guest memory is zero already, so upstream skips it completely.
            if (header.Type != ProgramHeader.Load || header.FileSize == 0)
            {
                continue;
            }

            refusal = header.Address < LowestAddress ? Invalid($"phdr[{i}].p_vaddr outside of valid memory range")
                : header.Address < previousAddress ? Invalid($"phdr[{i}].p_vaddr is not in ascending order")
                : Place(i, header, previousEnd, memory.Bytes, elf.FileSizeBytes, placed);
            if (refusal is not null)
            {
                return false;
            }

            previousAddress = header.Address;
            previousEnd = placed[^1].End;
        }

        segments = placed.DrainToImmutable();
        return true;
    }

    /// <summary>Rules 3 to 9 for one header; every sum is written as a comparison of differences, so that none can wrap round.</summary>
    private static ImageRefusal? Place(
        int index, in ProgramHeader header, ulong previousEnd, ulong memorySize, ulong fileSize, ImmutableArray<Segment>.Builder placed)
    {
        if (!ulong.IsPow2(header.Alignment))
        {
            return Invalid($"phdr[{index}].p_align is not a power of two");
        }

        ulong start = header.Address & ~(header.Alignment - 1);
        if (start < LowestAddress || start < previousEnd)
        {
            return Invalid($"phdr[{index}].p_vaddr_start is outside of memory range");
        }

        if (header.Address >= memorySize || header.FileSize > memorySize - header.Address)
        {
            return Invalid($"phdr[{index}] program file segment falls outside of valid range");
        }

        if (header.MemorySize < header.FileSize || header.MemorySize > memorySize - header.Address)
        {
            return Invalid($"phdr[{index}] program memory segment falls outside of valid range");
        }

        // The unrounded end is at most the memory size; a large alignment can still carry the rounded one beyond it.
        ulong unrounded = header.Address + header.MemorySize;
        ulong missing = (0 - unrounded) & (header.Alignment - 1);
        if (missing > memorySize - unrounded)
        {
            return Invalid($"phdr[{index}] program memory segment falls outside of valid range");
        }

        if (header.Offset > fileSize || header.FileSize > fileSize - header.Offset)
        {
            return new ImageRefusal(ImageRefusalCode.Truncated, $"phdr[{index}] host file segment mismatched");
        }

        ulong end = unrounded + missing;
        if (((start | end) & PageMask) != 0)
        {
            return Invalid($"phdr[{index}] not aligned with architectural page size");
        }

        const uint WriteAndExecute = ProgramHeader.FlagWrite | ProgramHeader.FlagExecute;
        if ((header.Flags & WriteAndExecute) == WriteAndExecute)
        {
            string text = $"phdr[{index}] requests WRITE and EXEC permissions";
            return ImageRefusal.InvalidExecutable(ImageRefusalCode.WritableAndExecutable, text);
        }

        if (placed.Count == MaximumSegments)
        {
            string text = $"more than {MaximumSegments} loaded segments";
            return ImageRefusal.InvalidExecutable(ImageRefusalCode.TooManySegments, text);
        }

        placed.Add(new Segment(header.Address, header.Offset, header.FileSize, start, end, AccessOf(header.Flags)));
        return null;
    }

    private static SegmentAccess AccessOf(uint flags) =>
        ((flags & ProgramHeader.FlagRead) != 0 ? SegmentAccess.Read : SegmentAccess.None)
        | ((flags & ProgramHeader.FlagWrite) != 0 ? SegmentAccess.Write : SegmentAccess.None)
        | ((flags & ProgramHeader.FlagExecute) != 0 ? SegmentAccess.Execute : SegmentAccess.None);

    private static ImageRefusal Invalid(string text) => ImageRefusal.InvalidExecutable(ImageRefusalCode.InvalidSegment, text);
}
