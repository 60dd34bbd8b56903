using System.Buffers.Binary;

namespace Albatross.Guests;

/// <summary>
/// A good image to be damaged: the hello guest. Its program headers are 0 PT_INTERP, 1 text, 2 data, 3 ABI1 note, 4 MFT1 note.
/// </summary>
public class DamagedGuest(GuestTarget target = GuestTarget.Hvt)
{
    public const int TextHeader = 1;
    public const int DataHeader = 2;
    public const int AbiHeader = 3;
    public const int ManifestHeader = 4;

    // Elf64_Phdr
    public const int Type = 0;
    public const int Flags = 4;
    public const int Offset = 8;
    public const int Address = 16;
    public const int FileSize = 32;
    public const int MemorySize = 40;
    public const int Alignment = 48;

    /// <summary>The whole file.</summary>
    public byte[] Bytes { get; } = SampleGuests.Hello(target);

    /// <summary>Where a field of a program header stands in the file.</summary>
    public static int HeaderAt(int header, int field) => 64 + (56 * header) + field;

    /// <summary>A field of 64 bits of a program header.</summary>
    public ulong Get64(int header, int field) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(HeaderAt(header, field)));

    /// <summary>Changes 64 bits anywhere in the file.</summary>
    public void Set(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(at), value);

    /// <summary>Changes a field of 64 bits of a program header.</summary>
    public void Set64(int header, int field, ulong value) => Set(HeaderAt(header, field), value);

    /// <summary>Changes a field of 32 bits of a program header.</summary>
    public void Set32(int header, int field, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(HeaderAt(header, field)), value);

    /// <summary>Changes a word of a note, counted from the note's start in the file.</summary>
    public void SetNote32(int header, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan((int)Get64(header, Offset) + at), value);
}
