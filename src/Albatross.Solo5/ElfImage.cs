using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>
/// The ELF header and the program headers of an image, read with every bound checked (section 1.1 of the ABI description). It keeps no
/// bytes of the file: an image of many megabytes is parsed once and then only held by descriptor.
/// </summary>
internal sealed class ElfImage
{
    private const int HeaderSizeBytes = 64;

    private ElfImage(ulong entry, ulong fileSizeBytes, ImmutableArray<ProgramHeader> headers) =>
        (Entry, FileSizeBytes, Headers) = (entry, fileSizeBytes, headers);

    /// <summary>Guest address of the first instruction; it is checked against the memory size when segments are placed.</summary>
    internal ulong Entry { get; }

    /// <summary>Size of the whole file.</summary>
    internal ulong FileSizeBytes { get; }

    /// <summary>The program headers in file order.</summary>
    internal ImmutableArray<ProgramHeader> Headers { get; }

    /// <summary>Reads the headers of <paramref name="file"/>, or says why they are none of a unikernel.</summary>
    internal static bool TryParse(
        ReadOnlySpan<byte> file,
        [NotNullWhen(true)] out ElfImage? image,
        [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        image = null;
        refusal = CheckHeader(file);
        if (refusal is not null)
        {
            return false;
        }

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(file[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[56..]);
        int sizeBytes = count * ProgramHeader.SizeBytes;
        ulong available = offset < (ulong)file.Length ? (ulong)file.Length - offset : 0;
        if (available < (ulong)sizeBytes)
        {
            string text = $"program header does not match the expected size ({available} != {sizeBytes})";
            refusal = ImageRefusal.InvalidExecutable(ImageRefusalCode.Truncated, text);
            return false;
        }

        var headers = ImmutableArray.CreateBuilder<ProgramHeader>(count);
        for (int i = 0; i < count; i++)
        {
            headers.Add(ProgramHeader.Read(file.Slice((int)offset + (i * ProgramHeader.SizeBytes), ProgramHeader.SizeBytes)));
        }

        image = new ElfImage(BinaryPrimitives.ReadUInt64LittleEndian(file[24..]), (ulong)file.Length, headers.MoveToImmutable());
        return true;
    }

    /// <summary>Section 1.1: class, data, version, type, machine and sizes; OSABI and ABI version are deliberately ignored.</summary>
    private static ImageRefusal? CheckHeader(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderSizeBytes)
        {
            string text = $"elf header does not match the expected size ({file.Length} != {HeaderSizeBytes})";
            return ImageRefusal.InvalidExecutable(ImageRefusalCode.Truncated, text);
        }

        const int ElfClass64 = 2, LittleEndian = 1, Executable = 2, X86_64 = 62;
        bool supported = file[..4].SequenceEqual("\u007fELF"u8)
            && file[4] == ElfClass64
            && file[5] == LittleEndian
            && BinaryPrimitives.ReadUInt16LittleEndian(file[16..]) == Executable
            && BinaryPrimitives.ReadUInt16LittleEndian(file[18..]) == X86_64
            && BinaryPrimitives.ReadUInt32LittleEndian(file[20..]) == 1
            && BinaryPrimitives.ReadUInt16LittleEndian(file[52..]) == HeaderSizeBytes
            && BinaryPrimitives.ReadUInt16LittleEndian(file[54..]) == ProgramHeader.SizeBytes
            && BinaryPrimitives.ReadUInt16LittleEndian(file[56..]) >= 1;
        return supported
            ? null
            : ImageRefusal.InvalidExecutable(ImageRefusalCode.NotAnExecutable, "invalid or unsupported executable");
    }
}
