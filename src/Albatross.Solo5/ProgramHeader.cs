using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>One Elf64_Phdr as it stands in the file, nothing of it checked.</summary>
internal readonly record struct ProgramHeader
{
    /// <summary>Bytes of one header in the file (e_phentsize).</summary>
    internal const int SizeBytes = 56;

    internal const uint Load = 1;
    internal const uint Note = 4;
    internal const uint FlagExecute = 1;
    internal const uint FlagWrite = 2;
    internal const uint FlagRead = 4;

    internal required uint Type { get; init; }

    internal required uint Flags { get; init; }

    internal required ulong Offset { get; init; }

    internal required ulong Address { get; init; }

    internal required ulong FileSize { get; init; }

    internal required ulong MemorySize { get; init; }

    internal required ulong Alignment { get; init; }

    /// <summary>Reads the 56 bytes of one header; p_paddr is not looked at.</summary>
    internal static ProgramHeader Read(ReadOnlySpan<byte> bytes) => new()
    {
        Type = BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        Flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        Offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        Address = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        FileSize = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        MemorySize = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
        Alignment = BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
    };
}
