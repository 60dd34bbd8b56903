using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Solo5;
using static Albatross.Guests.DamagedGuest;
using static Albatross.Tests.Solo5.ImageBytes;

namespace Albatross.Tests.Solo5;

/// <summary>Sections 1.1 to 1.3 of the ABI description: what is refused, with which code and sentence.</summary>
public sealed class ImageRefusalTests
{
    /// <summary>The code of each of <see cref="MalformedGuests"/>, whose sentence stands there.</summary>
    private static readonly Dictionary<string, ImageRefusalCode> Codes = new()
    {
        ["no ELF magic"] = ImageRefusalCode.NotAnExecutable,
        ["32-bit class"] = ImageRefusalCode.NotAnExecutable,
        ["big endian"] = ImageRefusalCode.NotAnExecutable,
        ["position independent"] = ImageRefusalCode.NotAnExecutable,
        ["another machine"] = ImageRefusalCode.NotAnExecutable,
        ["version 2"] = ImageRefusalCode.NotAnExecutable,
        ["header of 63 bytes"] = ImageRefusalCode.NotAnExecutable,
        ["program headers of 32 bytes"] = ImageRefusalCode.NotAnExecutable,
        ["no program headers"] = ImageRefusalCode.NotAnExecutable,
        ["program headers beyond the file"] = ImageRefusalCode.Truncated,
        ["entry below 1 MiB"] = ImageRefusalCode.InvalidSegment,
        ["entry at the end of memory"] = ImageRefusalCode.InvalidSegment,
        ["segment below 1 MiB"] = ImageRefusalCode.InvalidSegment,
        ["segments in descending order"] = ImageRefusalCode.InvalidSegment,
        ["alignment of 0"] = ImageRefusalCode.InvalidSegment,
        ["alignment of 3"] = ImageRefusalCode.InvalidSegment,
        ["alignment reaching below 1 MiB"] = ImageRefusalCode.InvalidSegment,
        ["overlapping segments"] = ImageRefusalCode.InvalidSegment,
        ["segment beyond memory"] = ImageRefusalCode.InvalidSegment,
        ["file size that overflows"] = ImageRefusalCode.InvalidSegment,
        ["memory size below file size"] = ImageRefusalCode.InvalidSegment,
        ["memory size that overflows"] = ImageRefusalCode.InvalidSegment,
        ["bytes beyond the file"] = ImageRefusalCode.Truncated,
        ["segment that ends within a page"] = ImageRefusalCode.InvalidSegment,
        ["writable and executable"] = ImageRefusalCode.WritableAndExecutable,
        ["note of 11 bytes"] = ImageRefusalCode.InvalidNote,
        ["note of 19 bytes is skipped"] = ImageRefusalCode.NoAbiNote,
        ["note beyond the file"] = ImageRefusalCode.Truncated,
        ["note without content"] = ImageRefusalCode.InvalidNote,
        ["note with too much content"] = ImageRefusalCode.InvalidNote,
        ["note whose content leaves its header"] = ImageRefusalCode.InvalidNote,
        ["manifest note of padding only"] = ImageRefusalCode.InvalidNote,
        ["note of another owner"] = ImageRefusalCode.NoAbiNote,
        ["note with a longer name"] = ImageRefusalCode.NoAbiNote,
        ["ABI content of 7 bytes"] = ImageRefusalCode.NoAbiNote,
        ["hvt ABI 1"] = ImageRefusalCode.UnsupportedAbiVersion,
        ["no manifest"] = ImageRefusalCode.NoManifest,
        ["manifest version 2"] = ImageRefusalCode.InvalidManifest,
        ["manifest without entries"] = ImageRefusalCode.InvalidManifest,
        ["manifest with an entry too many"] = ImageRefusalCode.InvalidManifest,
        ["manifest with 65 entries"] = ImageRefusalCode.InvalidManifest,
        ["manifest whose first entry has a name"] = ImageRefusalCode.InvalidManifest,
        ["manifest whose first entry is a device"] = ImageRefusalCode.InvalidManifest,
        ["manifest with an unended name"] = ImageRefusalCode.InvalidManifest,
        ["manifest with an attached entry"] = ImageRefusalCode.InvalidManifest,
    };

    public static TheoryData<string> Names => [.. MalformedGuests.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_image_is_refused_with_its_code_and_sentence(string name)
    {
        MalformedGuest guest = MalformedGuests.All.Single(one => one.Name == name);
        var image = new ImageBytes();
        guest.Damage(image);
        Assert.Equal(new ImageRefusal(Codes[name], guest.Text), image.Refusal());
    }

    [Theory]
    [InlineData(0, "the unknown target 0")]
    [InlineData(3, "virtio")]
    [InlineData(4, "muen")]
    [InlineData(5, "genode")]
    [InlineData(6, "xen")]
    [InlineData(77, "the unknown target 77")]
    public void An_image_that_no_tender_of_ours_runs_is_refused_by_its_targets_name(uint target, string name)
    {
        var image = new ImageBytes();
        image.SetNote32(AbiHeader, 20, target);
        string text = $"Executable is for {name}, not for the solo5-hvt or the solo5-spt target";
        Assert.Equal(new ImageRefusal(ImageRefusalCode.WrongTarget, text), image.Refusal());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    public void Another_version_of_an_ABI_of_ours_is_refused_by_its_number(uint target, uint version)
    {
        Assert.False(UnikernelImage.TryParse(MalformedGuests.For(target, version), out _, out ImageRefusal? refusal));
        string text = $"Executable requests unsupported ABI version {version}";
        Assert.Equal(new ImageRefusal(ImageRefusalCode.UnsupportedAbiVersion, text), refusal);
    }

    [Fact]
    public void The_undamaged_image_is_accepted() => Assert.Null(new ImageBytes().Refusal());

    [Theory]
    [InlineData(1, AbiTarget.Hvt, null)]
    [InlineData(2, AbiTarget.Spt, null)]
    [InlineData(2, AbiTarget.Hvt, "Executable is not for the solo5-hvt target: it is for spt")]
    [InlineData(1, AbiTarget.Spt, "Executable is not for the solo5-spt target: it is for hvt")]
    [InlineData(3, AbiTarget.Spt, "Executable is not for the solo5-spt target: it is for virtio")]
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

        hello.Set(32, (ulong)tableAt);
        hello.Bytes[56] = (byte)(count + 2);
        return [.. hello.Bytes, .. table];
    }
}
