using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

/// <summary>
/// A good image to be damaged: the hello guest. Its program headers are 0 PT_INTERP, 1 text, 2 data, 3 ABI1 note, 4 MFT1 note.
/// </summary>
internal sealed class ImageBytes
{
    internal const int TextHeader = 1;
    internal const int DataHeader = 2;
    internal const int AbiHeader = 3;
    internal const int ManifestHeader = 4;

    // Elf64_Phdr
    internal const int Type = 0;
    internal const int Flags = 4;
    internal const int Offset = 8;
    internal const int Address = 16;
    internal const int FileSize = 32;
    internal const int MemorySize = 40;
    internal const int Alignment = 48;

    internal byte[] Bytes { get; } = SampleGuests.Hello();

    internal static GuestMemorySize Memory(ulong mebibytes = 16)
    {
        Assert.True(GuestMemorySize.TryFromMebibytes(mebibytes, out GuestMemorySize memory, out _));
        return memory;
    }

    internal static int HeaderAt(int header, int field) => 64 + (56 * header) + field;

    internal ulong Get64(int header, int field) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(HeaderAt(header, field)));

    internal void Set64(int header, int field, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(HeaderAt(header, field)), value);

    internal void Set32(int header, int field, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(HeaderAt(header, field)), value);

    /// <summary>A word of a note, counted from the note's start in the file.</summary>
    internal void SetNote32(int header, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)Get64(header, Offset) + at), value);

    /// <summary>What the image is refused for, by the parser or for its segments.</summary>
    internal ImageRefusal? Refusal() => UnikernelImage.TryParse(Bytes, out UnikernelImage? image, out ImageRefusal? refusal)
        ? image.FitsInto(Memory())
        : refusal;
}
