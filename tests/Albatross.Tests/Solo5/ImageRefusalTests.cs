using System.Buffers.Binary;
using Albatross.Solo5;
using static Albatross.Tests.Solo5.ImageBytes;

namespace Albatross.Tests.Solo5;

/// <summary>Sections 1.1 to 1.3 of the ABI description: what is refused, with which code and sentence.</summary>
public sealed class ImageRefusalTests
{
    private static readonly Dictionary<string, (Action<ImageBytes> Damage, ImageRefusalCode Code, string Text)> Rows = new()
    {
        ["no ELF magic"] = (i => i.Bytes[1] = (byte)'F', ImageRefusalCode.NotAnExecutable, Unsupported),
        ["32-bit class"] = (i => i.Bytes[4] = 1, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["big endian"] = (i => i.Bytes[5] = 2, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["position independent"] = (i => i.Bytes[16] = 3, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["another machine"] = (i => i.Bytes[18] = 183, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["version 2"] = (i => i.Bytes[20] = 2, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["header of 63 bytes"] = (i => i.Bytes[52] = 63, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["program headers of 32 bytes"] = (i => i.Bytes[54] = 32, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["no program headers"] = (i => i.Bytes[56] = 0, ImageRefusalCode.NotAnExecutable, Unsupported),
        ["program headers beyond the file"] = (
            i => Set(i, 32, ulong.MaxValue),
            ImageRefusalCode.Truncated,
            "invalid executable: program header does not match the expected size (0 != 280)"),
        ["entry below 1 MiB"] = (
            i => Set(i, 24, 0xfffff),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: e_entry does not fall within the memory allocation range"),
        ["entry at the end of memory"] = (
            i => Set(i, 24, Memory().Bytes),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: e_entry does not fall within the memory allocation range"),
        ["segment below 1 MiB"] = (
            i => i.Set64(TextHeader, Address, 0xff000),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[1].p_vaddr outside of valid memory range"),
        ["segments in descending order"] = (
            i => i.Set64(TextHeader, Address, 0x200000),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2].p_vaddr is not in ascending order"),
        ["alignment of 0"] = (
            i => i.Set64(TextHeader, Alignment, 0),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[1].p_align is not a power of two"),
        ["alignment of 3"] = (
            i => i.Set64(TextHeader, Alignment, 3),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[1].p_align is not a power of two"),
        ["alignment reaching below 1 MiB"] = (
            i => i.Set64(DataHeader, Alignment, 0x400000),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2].p_vaddr_start is outside of memory range"),
        ["overlapping segments"] = (
            i => i.Set64(TextHeader, MemorySize, 0x50000),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2].p_vaddr_start is outside of memory range"),
        ["segment beyond memory"] = (
            i => i.Set64(DataHeader, Address, Memory().Bytes),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2] program file segment falls outside of valid range"),
        ["file size that overflows"] = (
            i => i.Set64(DataHeader, FileSize, ulong.MaxValue),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2] program file segment falls outside of valid range"),
        ["memory size below file size"] = (
            i => i.Set64(DataHeader, MemorySize, 1),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2] program memory segment falls outside of valid range"),
        ["memory size that overflows"] = (
            i => i.Set64(DataHeader, MemorySize, ulong.MaxValue),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2] program memory segment falls outside of valid range"),
        ["bytes beyond the file"] = (
            i => i.Set64(DataHeader, Offset, ulong.MaxValue),
            ImageRefusalCode.Truncated,
            "phdr[2] host file segment mismatched"),
        ["segment that ends within a page"] = (
            i => i.Set64(DataHeader, Alignment, 16),
            ImageRefusalCode.InvalidSegment,
            "invalid executable: phdr[2] not aligned with architectural page size"),
        ["writable and executable"] = (
            i => i.Set32(TextHeader, Flags, 7),
            ImageRefusalCode.WritableAndExecutable,
            "invalid executable: phdr[1] requests WRITE and EXEC permissions"),
        ["note of 11 bytes"] = (
            i => i.Set64(AbiHeader, FileSize, 11),
            ImageRefusalCode.InvalidNote,
            "invalid executable: phdr[3].p_filesz note does not fall within valid size (11 < 12)"),
        ["note of 19 bytes is skipped"] = (i => i.Set64(AbiHeader, FileSize, 19), ImageRefusalCode.NoAbiNote, NoAbi),
        ["note beyond the file"] = (
            i => i.Set64(AbiHeader, Offset, ulong.MaxValue - 5),
            ImageRefusalCode.Truncated,
            "phdr[3] bytes read mismatches note size"),
        ["note without content"] = (
            i => i.SetNote32(AbiHeader, 4, 0),
            ImageRefusalCode.InvalidNote,
            "invalid executable: phdr[3] note does not fall within valid size (0 < 1 || 0 > 32)"),
        ["note with too much content"] = (
            i => i.SetNote32(AbiHeader, 4, 33),
            ImageRefusalCode.InvalidNote,
            "invalid executable: phdr[3] note does not fall within valid size (33 < 1 || 33 > 32)"),
        ["note whose content leaves its header"] = (
            i => i.SetNote32(AbiHeader, 4, 17),
            ImageRefusalCode.InvalidNote,
            "invalid executable: phdr[3] note does not fall within valid size (36 < 37)"),
        ["manifest note of padding only"] = (
            i => i.SetNote32(ManifestHeader, 4, 4),
            ImageRefusalCode.InvalidNote,
            "invalid executable: phdr[4] note does not fall within valid size"),
        ["note of another owner"] = (i => i.SetNote32(AbiHeader, 12, 0), ImageRefusalCode.NoAbiNote, NoAbi),
        ["note with a longer name"] = (i => i.SetNote32(AbiHeader, 0, 7), ImageRefusalCode.NoAbiNote, NoAbi),
        ["ABI content of 7 bytes"] = (i => i.SetNote32(AbiHeader, 4, 7), ImageRefusalCode.NoAbiNote, NoAbi),
        ["for virtio"] = (i => i.SetNote32(AbiHeader, 20, 3), ImageRefusalCode.WrongTarget, Foreign("virtio")),
        ["for muen"] = (i => i.SetNote32(AbiHeader, 20, 4), ImageRefusalCode.WrongTarget, Foreign("muen")),
        ["for genode"] = (i => i.SetNote32(AbiHeader, 20, 5), ImageRefusalCode.WrongTarget, Foreign("genode")),
        ["for xen"] = (i => i.SetNote32(AbiHeader, 20, 6), ImageRefusalCode.WrongTarget, Foreign("xen")),
        ["a stub"] = (i => i.SetNote32(AbiHeader, 20, 0), ImageRefusalCode.WrongTarget, Foreign("the unknown target 0")),
        ["for target 77"] = (i => i.SetNote32(AbiHeader, 20, 77), ImageRefusalCode.WrongTarget, Foreign("the unknown target 77")),
        ["hvt ABI 1"] = (
            i => i.SetNote32(AbiHeader, 24, 1),
            ImageRefusalCode.UnsupportedAbiVersion,
            "Executable requests unsupported ABI version 1"),
        ["spt ABI 3"] = (
            i =>
            {
                i.SetNote32(AbiHeader, 20, 2);
                i.SetNote32(AbiHeader, 24, 3);
            },
            ImageRefusalCode.UnsupportedAbiVersion,
            "Executable requests unsupported ABI version 3"),
        ["no manifest"] = (
            i => i.Set32(ManifestHeader, ImageBytes.Type, 0),
            ImageRefusalCode.NoManifest,
            "No Solo5 manifest found in executable"),
        ["manifest version 2"] = (i => i.SetNote32(ManifestHeader, 24, 2), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest without entries"] = (i => i.SetNote32(ManifestHeader, 28, 0), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest with an entry too many"] = (i => i.SetNote32(ManifestHeader, 28, 2), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest with 65 entries"] = (i => i.SetNote32(ManifestHeader, 28, 65), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest whose first entry has a name"] = (
            i => i.SetNote32(ManifestHeader, 32, 'x'), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest whose first entry is a device"] = (
            i => i.SetNote32(ManifestHeader, 32 + 68, 1), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest with an unended name"] = (
            i => i.SetNote32(ManifestHeader, 32 + 64, 0xff000000), ImageRefusalCode.InvalidManifest, BadManifest),
        ["manifest with an attached entry"] = (
            i => i.SetNote32(ManifestHeader, 32 + 96, 1), ImageRefusalCode.InvalidManifest, BadManifest),
    };

    private const string Unsupported = "invalid executable: invalid or unsupported executable";
    private const string NoAbi = "No Solo5 ABI information found in executable";
    private const string BadManifest = "Solo5 manifest is invalid";

    private static string Foreign(string target) => $"Executable is for {target}, not for the solo5-hvt or the solo5-spt target";

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_image_is_refused_with_its_code_and_sentence(string name)
    {
        (Action<ImageBytes> damage, ImageRefusalCode code, string text) = Rows[name];
        var image = new ImageBytes();
        damage(image);
        Assert.Equal(new ImageRefusal(code, text), image.Refusal());
    }

    [Fact]
    public void The_undamaged_image_is_accepted() => Assert.Null(new ImageBytes().Refusal());

    [Theory]
    [InlineData(1, AbiTarget.Hvt, null)]
    [InlineData(2, AbiTarget.Spt, null)]
    [InlineData(2, AbiTarget.Hvt, "Executable is not for the solo5-hvt target")]
    [InlineData(1, AbiTarget.Spt, "Executable is not for the solo5-spt target")]
    [InlineData(3, AbiTarget.Spt, "Executable is not for the solo5-spt target")]
    public void A_tender_refuses_the_images_of_others_in_its_own_words(uint target, AbiTarget tender, string? text)
    {
        var image = new ImageBytes();
        image.SetNote32(AbiHeader, 20, target);
        Assert.Equal(text is null, UnikernelImage.TryParse(image.Bytes, tender, out UnikernelImage? parsed, out ImageRefusal? refusal));
        Assert.Equal((text, text is null ? tender : null), (refusal?.Text, parsed?.Abi.Target));
    }

    [Fact]
    public void OSABI_and_ABI_version_bytes_are_ignored()
    {
        var image = new ImageBytes();
        image.Bytes[7] = 0x55;
        image.Bytes[8] = 0x66;
        Assert.Null(image.Refusal());
    }

    [Fact]
    public void A_segment_without_bytes_in_the_file_is_skipped_even_if_it_breaks_every_rule()
    {
        var image = new ImageBytes();
        image.Set64(DataHeader, FileSize, 0);
        image.Set64(DataHeader, Address, 1);
        image.Set64(DataHeader, Alignment, 3);
        Assert.Null(image.Refusal());
    }

    [Fact]
    public void More_segments_than_a_launch_has_room_for_are_refused()
    {
        byte[] image = ManySegments(129);
        Assert.True(UnikernelImage.TryParse(image, out UnikernelImage? parsed, out _));
        Assert.Equal(ImageRefusalCode.TooManySegments, parsed.FitsInto(Memory())?.Code);
        Assert.True(UnikernelImage.TryParse(ManySegments(128), out parsed, out _));
        Assert.Null(parsed.FitsInto(Memory()));
    }

    [Fact]
    public void Every_prefix_of_an_image_is_refused_or_accepted_without_an_exception()
    {
        byte[] image = new ImageBytes().Bytes;
        int accepted = Enumerable.Range(0, image.Length)
            .Count(length => UnikernelImage.TryParse(image.AsSpan(0, length), out _, out _));
        Assert.True(accepted < image.Length);
    }

    [Fact]
    public void Random_damage_never_throws()
    {
        var random = new Random(20_5);
        for (int i = 0; i < 20_000; i++)
        {
            var image = new ImageBytes();
            int flips = random.Next(1, 5);
            for (int flip = 0; flip < flips; flip++)
            {
                image.Bytes[random.Next(1024)] = (byte)random.Next(256);
            }

            ReadOnlySpan<byte> bytes = image.Bytes.AsSpan(0, random.Next(10) == 0 ? random.Next(image.Bytes.Length) : image.Bytes.Length);
            if (UnikernelImage.TryParse(bytes, out UnikernelImage? parsed, out _))
            {
                _ = HvtLaunchTests.Build(parsed, Memory());
            }
        }
    }

    /// <summary>The hello image with its header table moved to the end, behind which follow loaded segments of one page each.</summary>
    private static byte[] ManySegments(int count)
    {
        var hello = new ImageBytes();
        int tableAt = hello.Bytes.Length;
        var table = new byte[(count + 2) * 56];
        hello.Bytes.AsSpan(HeaderAt(AbiHeader, 0), 112).CopyTo(table);
        for (int i = 0; i < count; i++)
        {
            Span<byte> header = table.AsSpan((i + 2) * 56, 56);
            hello.Bytes.AsSpan(HeaderAt(TextHeader, 0), 56).CopyTo(header);
            BinaryPrimitives.WriteUInt64LittleEndian(header[Address..], 0x100000 + ((ulong)i * 0x1000));
        }

        Set(hello, 32, (ulong)tableAt);
        hello.Bytes[56] = (byte)(count + 2);
        return [.. hello.Bytes, .. table];
    }

    private static void Set(ImageBytes image, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(image.Bytes.AsSpan(at), value);
}
