using System.Buffers.Binary;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Solo5;

/// <summary>A row of the table in a launcher, and what its arguments point to.</summary>
/// <param name="Number">Of the system call, -1 for the last row.</param>
/// <param name="Mode">What the player makes of the result.</param>
/// <param name="Value">The value of the mode.</param>
/// <param name="Arguments">All six.</param>
/// <param name="Table">The table's bytes.</param>
internal sealed record LaunchedRow(int Number, RowMode Mode, uint Value, ulong[] Arguments, byte[] Table)
{
    /// <summary>What the last argument that points into the table points to.</summary>
    internal ReadOnlySpan<byte> Data(int bytes) => DataAt(Arguments.Last(a => a >= ProcessLayout.Table && a < ProcessLayout.TableEnd), bytes);

    internal ReadOnlySpan<byte> DataAt(ulong address, int bytes) => Table.AsSpan((int)(address - ProcessLayout.Table), bytes);
}

/// <summary>Finds the rows of a launcher through its program headers and the word that holds the first row's address.</summary>
internal static class LaunchedRows
{
    /// <summary>Every row, the last one included.</summary>
    internal static List<LaunchedRow> All(ReadOnlySpan<byte> elf, uint firstRowField)
    {
        Assert.True(ElfImage.TryParse(elf, out ElfImage? launcher, out _));
        byte[] table = Part(elf, launcher, ProcessLayout.Table);
        var firstRow = (int)(BinaryPrimitives.ReadUInt32LittleEndian(Field(elf, launcher, firstRowField)) - ProcessLayout.Table);
        List<LaunchedRow> rows = [];
        for (int at = firstRow; ; at += RowLayout.SizeBytes)
        {
            byte[] row = table[at..(at + RowLayout.SizeBytes)];
            int number = BinaryPrimitives.ReadInt32LittleEndian(row);
            ulong[] arguments = [.. Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(row.AsSpan(8 + (8 * i))))];
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(row.AsSpan(RowLayout.Value));
            rows.Add(new LaunchedRow(number, (RowMode)BinaryPrimitives.ReadInt32LittleEndian(row.AsSpan(RowLayout.Mode)), value, arguments, table));
            if (number == -1)
            {
                return rows;
            }
        }
    }

    /// <summary>What every launch ends with, whatever the host: names, capabilities, limits, stack, filter.</summary>
    internal static int[] BasicConfinement(int limits) =>
    [
        SystemCallNumber.RtSigprocmask, SystemCallNumber.Prctl, SystemCallNumber.Prctl,
        SystemCallNumber.Prctl, SystemCallNumber.Capset, SystemCallNumber.Prctl,
        .. Enumerable.Repeat(SystemCallNumber.Setrlimit, limits),
        UnmapStack, SystemCallNumber.Munmap, SystemCallNumber.Seccomp,
    ];

    /// <summary>The number of the row that unmaps the stack.</summary>
    internal const int UnmapStack = -2;

    /// <summary>Every row that is a system call.</summary>
    internal static List<LaunchedRow> Of(ReadOnlySpan<byte> elf, uint firstRowField) => All(elf, firstRowField)[..^1];

    /// <summary>The bytes that are loaded at <paramref name="address"/>.</summary>
    internal static byte[] Part(ReadOnlySpan<byte> elf, ulong address)
    {
        Assert.True(ElfImage.TryParse(elf, out ElfImage? launcher, out _));
        return Part(elf, launcher, address);
    }

    private static byte[] Part(ReadOnlySpan<byte> elf, ElfImage launcher, ulong address)
    {
        ProgramHeader header = launcher.Headers.Single(h => h.Type == ProgramHeader.Load && h.Address == address);
        return elf.Slice((int)header.Offset, (int)header.FileSize).ToArray();
    }

    private static byte[] Field(ReadOnlySpan<byte> elf, ElfImage launcher, uint address)
    {
        ProgramHeader header = launcher.Headers.Single(
            h => h.Type == ProgramHeader.Load && address >= h.Address && address - h.Address < h.FileSize);
        return elf.Slice((int)(header.Offset + (address - header.Address)), 4).ToArray();
    }
}
