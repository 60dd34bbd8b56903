using static Albatross.Guests.DamagedGuest;

namespace Albatross.Guests;

/// <summary>A hello guest that breaks one rule of the specification.</summary>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Section">The section of the hvt ABI description whose rule it breaks.</param>
/// <param name="Text">What a tender says of it, behind the file's name.</param>
/// <param name="Damage">Breaks a good image.</param>
public sealed record MalformedGuest(string Name, string Section, string Text, Action<DamagedGuest> Damage)
{
    /// <summary>Its bytes.</summary>
    public byte[] Image(GuestTarget target)
    {
        var image = new DamagedGuest(target);
        Damage(image);
        return image.Bytes;
    }
}

/// <summary>An image for each refusal of sections 1.1 to 1.3, to be run with 16 MiB of memory.</summary>
public static class MalformedGuests
{
    /// <summary>The memory that they are to be run with, of which some are too large.</summary>
    public const ulong MemoryBytes = 16 << 20;

    private const string Unsupported = "invalid executable: invalid or unsupported executable";
    private const string NoAbi = "No Solo5 ABI information found in executable";
    private const string BadManifest = "Solo5 manifest is invalid";

    /// <summary>All of them, in the order of the rules.</summary>
    public static IReadOnlyList<MalformedGuest> All { get; } =
    [
        new("no ELF magic", "1.1", Unsupported, i => i.Bytes[1] = (byte)'F'),
        new("32-bit class", "1.1", Unsupported, i => i.Bytes[4] = 1),
        new("big endian", "1.1", Unsupported, i => i.Bytes[5] = 2),
        new("position independent", "1.1", Unsupported, i => i.Bytes[16] = 3),
        new("another machine", "1.1", Unsupported, i => i.Bytes[18] = 183),
        new("version 2", "1.1", Unsupported, i => i.Bytes[20] = 2),
        new("header of 63 bytes", "1.1", Unsupported, i => i.Bytes[52] = 63),
        new("program headers of 32 bytes", "1.1", Unsupported, i => i.Bytes[54] = 32),
        new("no program headers", "1.1", Unsupported, i => i.Bytes[56] = 0),
        new(
            "program headers beyond the file",
            "1.1",
            "invalid executable: program header does not match the expected size (0 != 280)",
            i => i.Set(32, ulong.MaxValue)),
        new(
            "entry below 1 MiB",
            "1.1",
            "invalid executable: e_entry does not fall within the memory allocation range",
            i => i.Set(24, 0xfffff)),
        new(
            "entry at the end of memory",
            "1.1",
            "invalid executable: e_entry does not fall within the memory allocation range",
            i => i.Set(24, MemoryBytes)),
        new(
            "segment below 1 MiB",
            "1.2",
            "invalid executable: phdr[1].p_vaddr outside of valid memory range",
            i => i.Set64(TextHeader, Address, 0xff000)),
        new(
            "segments in descending order",
            "1.2",
            "invalid executable: phdr[2].p_vaddr is not in ascending order",
            i => i.Set64(TextHeader, Address, 0x200000)),
        new("alignment of 0", "1.2", "invalid executable: phdr[1].p_align is not a power of two", i => i.Set64(TextHeader, Alignment, 0)),
        new("alignment of 3", "1.2", "invalid executable: phdr[1].p_align is not a power of two", i => i.Set64(TextHeader, Alignment, 3)),
        new(
            "alignment reaching below 1 MiB",
            "1.2",
            "invalid executable: phdr[2].p_vaddr_start is outside of memory range",
            i => i.Set64(DataHeader, Alignment, 0x400000)),
        new(
            "overlapping segments",
            "1.2",
            "invalid executable: phdr[2].p_vaddr_start is outside of memory range",
            i => i.Set64(TextHeader, MemorySize, 0x50000)),
        new(
            "segment beyond memory",
            "1.2",
            "invalid executable: phdr[2] program file segment falls outside of valid range",
            i => i.Set64(DataHeader, Address, MemoryBytes)),
        new(
            "file size that overflows",
            "1.2",
            "invalid executable: phdr[2] program file segment falls outside of valid range",
            i => i.Set64(DataHeader, FileSize, ulong.MaxValue)),
        new(
            "memory size below file size",
            "1.2",
            "invalid executable: phdr[2] program memory segment falls outside of valid range",
            i => i.Set64(DataHeader, MemorySize, 1)),
        new(
            "memory size that overflows",
            "1.2",
            "invalid executable: phdr[2] program memory segment falls outside of valid range",
            i => i.Set64(DataHeader, MemorySize, ulong.MaxValue)),
        new("bytes beyond the file", "1.2", "phdr[2] host file segment mismatched", i => i.Set64(DataHeader, Offset, ulong.MaxValue)),
        new(
            "segment that ends within a page",
            "1.2",
            "invalid executable: phdr[2] not aligned with architectural page size",
            i => i.Set64(DataHeader, Alignment, 16)),
        new(
            "writable and executable",
            "1.2",
            "invalid executable: phdr[1] requests WRITE and EXEC permissions",
            i => i.Set32(TextHeader, Flags, 7)),
        new(
            "note of 11 bytes",
            "1.3",
            "invalid executable: phdr[3].p_filesz note does not fall within valid size (11 < 12)",
            i => i.Set64(AbiHeader, FileSize, 11)),
        new("note of 19 bytes is skipped", "1.3", NoAbi, i => i.Set64(AbiHeader, FileSize, 19)),
        new(
            "note beyond the file",
            "1.3",
            "phdr[3] bytes read mismatches note size",
            i => i.Set64(AbiHeader, Offset, ulong.MaxValue - 5)),
        new(
            "note without content",
            "1.3",
            "invalid executable: phdr[3] note does not fall within valid size (0 < 1 || 0 > 32)",
            i => i.SetNote32(AbiHeader, 4, 0)),
        new(
            "note with too much content",
            "1.3",
            "invalid executable: phdr[3] note does not fall within valid size (33 < 1 || 33 > 32)",
            i => i.SetNote32(AbiHeader, 4, 33)),
        new(
            "note whose content leaves its header",
            "1.3",
            "invalid executable: phdr[3] note does not fall within valid size (36 < 37)",
            i => i.SetNote32(AbiHeader, 4, 17)),
        new(
            "manifest note of padding only",
            "1.3",
            "invalid executable: phdr[4] note does not fall within valid size",
            i => i.SetNote32(ManifestHeader, 4, 4)),
        new("note of another owner", "1.3", NoAbi, i => i.SetNote32(AbiHeader, 12, 0)),
        new("note with a longer name", "1.3", NoAbi, i => i.SetNote32(AbiHeader, 0, 7)),
        new("ABI content of 7 bytes", "1.3", NoAbi, i => i.SetNote32(AbiHeader, 4, 7)),
        new("hvt ABI 1", "1.3", "Executable requests unsupported ABI version 1", i => i.SetNote32(AbiHeader, 24, 1)),
        new("no manifest", "1.3", "No Solo5 manifest found in executable", i => i.Set32(ManifestHeader, DamagedGuest.Type, 0)),
        new("manifest version 2", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 24, 2)),
        new("manifest without entries", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 28, 0)),
        new("manifest with an entry too many", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 28, 2)),
        new("manifest with 65 entries", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 28, 65)),
        new("manifest whose first entry has a name", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 32, 'x')),
        new("manifest whose first entry is a device", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 32 + 68, 1)),
        new("manifest with an unended name", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 32 + 64, 0xff000000)),
        new("manifest with an attached entry", "1.3", BadManifest, i => i.SetNote32(ManifestHeader, 32 + 96, 1)),
    ];

    /// <summary>The hello image with <paramref name="target"/> and <paramref name="version"/> in its ABI note.</summary>
    public static byte[] For(uint target, uint version)
    {
        var image = new DamagedGuest();
        image.SetNote32(AbiHeader, 20, target);
        image.SetNote32(AbiHeader, 24, version);
        return image.Bytes;
    }
}
