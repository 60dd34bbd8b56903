using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>
/// Finds a Solo5 note (section 1.3). Each lies alone in its own PT_NOTE; only the first note of a PT_NOTE is looked at.
/// </summary>
internal static class NoteReader
{
    /// <summary>namesz, descsz, type and eight bytes for "Solo5" and its padding.</summary>
    private const int HeaderSizeBytes = 20;

    private const int SmallestNoteBytes = 12;
    private const uint NameSizeBytes = 6;

    /// <summary>
    /// Looks for the first note of <paramref name="kind"/>. Null means that nothing was wrong; <paramref name="found"/> then says whether
    /// there is one, and <paramref name="content"/> is its descriptor after the alignment, at least one byte.
    /// </summary>
    internal static ImageRefusal? Find(
        ElfImage elf, ReadOnlySpan<byte> file, NoteKind kind, out bool found, out ReadOnlySpan<byte> content)
    {
        found = false;
        content = default;
        for (int i = 0; i < elf.Headers.Length; i++)
        {
            ProgramHeader header = elf.Headers[i];
            if (header.Type != ProgramHeader.Note)
            {
                continue;
            }

            if (header.FileSize < SmallestNoteBytes)
            {
                return Invalid($"phdr[{i}].p_filesz note does not fall within valid size ({header.FileSize} < {SmallestNoteBytes})");
            }

            if (header.FileSize < HeaderSizeBytes)
            {
                continue;
            }

            if (!TrySlice(file, header.Offset, HeaderSizeBytes, out ReadOnlySpan<byte> note))
            {
                return new ImageRefusal(ImageRefusalCode.Truncated, $"phdr[{i}] bytes read mismatches note size");
            }

            if (IsWanted(note, kind))
            {
                found = true;
                return ReadContent(i, header, file, BinaryPrimitives.ReadUInt32LittleEndian(note[4..]), kind, out content);
            }
        }

        return null;
    }

    private static bool IsWanted(ReadOnlySpan<byte> note, NoteKind kind) =>
        BinaryPrimitives.ReadUInt32LittleEndian(note) == NameSizeBytes
        && note.Slice(12, (int)NameSizeBytes).SequenceEqual("Solo5\0"u8)
        && BinaryPrimitives.ReadUInt32LittleEndian(note[8..]) == kind.Type;

    private static ImageRefusal? ReadContent(
        int index, ProgramHeader header, ReadOnlySpan<byte> file, uint size, NoteKind kind, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (size < 1 || size > kind.LargestBytes)
        {
            return Invalid($"phdr[{index}] note does not fall within valid size ({size} < 1 || {size} > {kind.LargestBytes})");
        }

        if (header.FileSize < HeaderSizeBytes + (ulong)size)
        {
            ulong needed = HeaderSizeBytes + (ulong)size;
            return Invalid($"phdr[{index}] note does not fall within valid size ({header.FileSize} < {needed})");
        }

        // descsz counts the padding between the note's header and its aligned content.
        int start = (HeaderSizeBytes + kind.Alignment - 1) / kind.Alignment * kind.Alignment;
        int length = (int)size - (start - HeaderSizeBytes);
        if (length <= 0)
        {
            return Invalid($"phdr[{index}] note does not fall within valid size");
        }

        if (header.Offset > (ulong)file.Length || !TrySlice(file, header.Offset + (ulong)start, length, out content))
        {
            return new ImageRefusal(ImageRefusalCode.Truncated, $"phdr[{index}] bytes read mismatches note size");
        }

        return null;
    }

    private static bool TrySlice(ReadOnlySpan<byte> file, ulong offset, int length, out ReadOnlySpan<byte> slice)
    {
        bool inside = offset <= (ulong)file.Length && (ulong)length <= (ulong)file.Length - offset;
        slice = inside ? file.Slice((int)offset, length) : default;
        return inside;
    }

    private static ImageRefusal Invalid(string text) => ImageRefusal.InvalidExecutable(ImageRefusalCode.InvalidNote, text);
}

/// <summary>A kind of Solo5 note.</summary>
/// <param name="Type">The note's type value.</param>
/// <param name="Alignment">Alignment in bytes of the content relative to the note's start.</param>
/// <param name="LargestBytes">Upper bound of descsz.</param>
internal readonly record struct NoteKind(uint Type, int Alignment, int LargestBytes)
{
    /// <summary>"ABI1": target and version.</summary>
    internal static NoteKind Abi => new(0x31494241, 4, 32);

    /// <summary>"MFT1": the manifest, at most 64 entries.</summary>
    internal static NoteKind Manifest => new(0x3154464D, 8, 4 + Albatross.Solo5.Manifest.LargestBytes);
}
