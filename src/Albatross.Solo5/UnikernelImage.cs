namespace Albatross.Solo5;

/// <summary>
/// What an image says about itself: an executable for the hvt or the spt tender with its manifest. Parsed once; holds none of the file's
/// bytes but the manifest, so that the file itself can stay behind a descriptor.
/// </summary>
public sealed class UnikernelImage
{
    private UnikernelImage(ElfImage elf, AbiNote abi, Manifest manifest) => (Elf, Abi, Manifest) = (elf, abi, manifest);

    /// <summary>Target and version: hvt and <see cref="AbiNote.HvtVersion"/>, or spt and <see cref="AbiNote.SptVersion"/>.</summary>
    public AbiNote Abi { get; }

    /// <summary>The devices that it needs.</summary>
    public Manifest Manifest { get; }

    /// <summary>Size of the file that was parsed.</summary>
    public ulong FileSizeBytes => Elf.FileSizeBytes;

    internal ElfImage Elf { get; }

    /// <summary>
    /// Reads a whole file: ELF header, ABI1 note, MFT1 note, in this order; the first breach is the refusal. The rules for segments depend
    /// on the memory size: ask <see cref="FitsInto"/>, or build the launch.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> file, [NotNullWhen(true)] out UnikernelImage? image, [NotNullWhen(false)] out ImageRefusal? refusal) =>
        TryParse(file, null, out image, out refusal);

    /// <summary>As above; with a <paramref name="tender"/>, an image for any other is refused in that tender's words.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> file,
        AbiTarget? tender,
        [NotNullWhen(true)] out UnikernelImage? image,
        [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        image = null;
        if (!ElfImage.TryParse(file, out ElfImage? elf, out refusal)
            || !TryReadAbi(elf, file, tender, out AbiNote abi, out refusal)
            || !TryReadManifest(elf, file, out Manifest? manifest, out refusal))
        {
            return false;
        }

        image = new UnikernelImage(elf, abi, manifest);
        return true;
    }

    /// <summary>
    /// Null if every segment and the entry fit into <paramref name="memory"/> and obey section 1.2, else the first breach.
    /// </summary>
    public ImageRefusal? FitsInto(GuestMemorySize memory)
    {
        SegmentPlacement.TryPlace(Elf, memory, out _, out ImageRefusal? refusal);
        return refusal;
    }

    private static bool TryReadAbi(
        ElfImage elf, ReadOnlySpan<byte> file, AbiTarget? tender, out AbiNote abi, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        abi = default;
        refusal = NoteReader.Find(elf, file, NoteKind.Abi, out bool found, out ReadOnlySpan<byte> content);
        if (refusal is not null)
        {
            return false;
        }

        if (!found || !AbiNote.TryRead(content, out abi))
        {
            refusal = new ImageRefusal(ImageRefusalCode.NoAbiNote, "No Solo5 ABI information found in executable");
            return false;
        }

        refusal = abi.Check(tender);
        return refusal is null;
    }

    private static bool TryReadManifest(
        ElfImage elf, ReadOnlySpan<byte> file, [NotNullWhen(true)] out Manifest? manifest, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        manifest = null;
        refusal = NoteReader.Find(elf, file, NoteKind.Manifest, out bool found, out ReadOnlySpan<byte> content);
        if (refusal is null && !found)
        {
            refusal = new ImageRefusal(ImageRefusalCode.NoManifest, "No Solo5 manifest found in executable");
        }

        return refusal is null && Manifest.TryRead(content, out manifest, out refusal);
    }
}
