using System.Buffers.Binary;

namespace Albatross.Solo5.Launch;

/// <summary>One loaded part of a launcher.</summary>
/// <param name="Flags">Program header flags: 4 read, 2 write, 1 execute.</param>
/// <param name="Address">Where it is loaded, a multiple of 4096.</param>
/// <param name="Bytes">Its bytes; the rest of the last page is zero.</param>
internal readonly record struct LauncherPart(uint Flags, ulong Address, ReadOnlyMemory<byte> Bytes);

/// <summary>Writes the static executable that the kernel loads: header, machine code and the parts that were prepared.</summary>
internal static class LauncherElf
{
    internal const uint ReadOnly = 4;
    internal const uint ReadWrite = 6;
    internal const uint ReadExecute = 5;
    private const uint GnuStack = 0x6474_e551;
    private const int HeaderBytes = 64;

    /// <summary>The whole file; parts begin at multiples of 4096 and most of their pages are zero, so write it sparsely.</summary>
    internal static byte[] Build(ReadOnlySpan<byte> machineCode, IReadOnlyList<LauncherPart> parts)
    {
        int headersBytes = HeaderBytes + ((parts.Count + 2) * ProgramHeader.SizeBytes);
        int codeOffset = (int)(ProcessLayout.Code - ProcessLayout.Elf);
        if (headersBytes > codeOffset || codeOffset + machineCode.Length > ProcessLayout.CodeEnd - ProcessLayout.Elf)
        {
            throw new InvalidOperationException("the machine code or its headers do not fit into their page");
        }

        var code = new byte[codeOffset + machineCode.Length];
        WriteHeader(code, (ushort)(parts.Count + 2));
        machineCode.CopyTo(code.AsSpan(codeOffset));

        LauncherPart[] all = [new LauncherPart(ReadExecute, ProcessLayout.Elf, code), .. parts];
        var file = new byte[all.Sum(part => RoundToPage(part.Bytes.Length))];
        int offset = 0;
        for (int i = 0; i < all.Length; i++)
        {
            WriteProgramHeader(code.AsSpan(HeaderBytes + (i * ProgramHeader.SizeBytes)), ProgramHeader.Load, all[i], offset);
            offset += RoundToPage(all[i].Bytes.Length);
        }

        // Without this header the kernel would make the stack executable.
        var stack = new LauncherPart(ReadWrite, 0, default);
        WriteProgramHeader(code.AsSpan(HeaderBytes + (all.Length * ProgramHeader.SizeBytes)), GnuStack, stack, 0);

        offset = 0;
        foreach (LauncherPart part in all)
        {
            part.Bytes.Span.CopyTo(file.AsSpan(offset));
            offset += RoundToPage(part.Bytes.Length);
        }

        return file;
    }

    private static int RoundToPage(int bytes) => (int)((bytes + ProcessLayout.PageBytes - 1) & ~(ProcessLayout.PageBytes - 1));

    private static void WriteHeader(Span<byte> header, ushort programHeaders)
    {
        const ushort Executable = 2, X86_64 = 62;
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], Executable);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], X86_64);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], ProcessLayout.Code);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], ProgramHeader.SizeBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], programHeaders);
    }

    private static void WriteProgramHeader(Span<byte> at, uint type, LauncherPart part, int fileOffset)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, type);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], part.Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], (ulong)fileOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(at[16..], part.Address);
        BinaryPrimitives.WriteUInt64LittleEndian(at[24..], part.Address);
        BinaryPrimitives.WriteUInt64LittleEndian(at[32..], (ulong)part.Bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(at[40..], (ulong)part.Bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(at[48..], ProcessLayout.PageBytes);
    }
}
