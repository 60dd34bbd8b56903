using System.Buffers.Binary;

namespace Albatross.Solo5.Jail;

/// <summary>Finds the dynamic loader that an executable asks for (PT_INTERP of ELF64).</summary>
public static class ElfInterpreter
{
    private const int HeaderBytes = 64, ProgramHeaderOffset = 32, ProgramHeaderCount = 56;
    private const uint Interpreter = 3;

    /// <summary>
    /// Its path without the NUL; empty if the executable is static, or no ELF file. Only <paramref name="head"/>, the beginning of the
    /// file, is looked at: a page is enough for what linkers make.
    /// </summary>
    public static ReadOnlySpan<byte> PathIn(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeaderBytes || !head.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return [];
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(head[ProgramHeaderOffset..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head[ProgramHeaderCount..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Slice(head, table, (ulong)(i * ProgramHeader.SizeBytes), ProgramHeader.SizeBytes);
            if (!header.IsEmpty && BinaryPrimitives.ReadUInt32LittleEndian(header) == Interpreter)
            {
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
                return Slice(head, BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), 0, length).TrimEnd((byte)0);
            }
        }

        return [];
    }

    /// <summary>Empty where it does not lie within.</summary>
    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, ulong start, ulong offset, ulong length)
    {
        var size = (ulong)bytes.Length;
        return start <= size && offset <= size - start && length <= size - start - offset
            ? bytes.Slice((int)(start + offset), (int)length)
            : [];
    }
}
