using System.Buffers.Binary;
using System.Text;

namespace Albatross.Guests;

/// <summary>One loaded segment of a guest.</summary>
/// <param name="Flags">Program header flags: 1 execute, 2 write, 4 read.</param>
/// <param name="Address">Guest address, a multiple of 4096.</param>
/// <param name="Bytes">What stands in the file; nothing for a bss.</param>
/// <param name="MemoryBytes">Its size in memory, at least that of the bytes.</param>
public sealed record GuestSegment(uint Flags, ulong Address, byte[] Bytes, ulong MemoryBytes);

/// <summary>Lays out the ELF file of a guest: headers, interpreter, notes, segments.</summary>
internal static class GuestFile
{
    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;
    private const int PageBytes = 4096;
    private const uint Load = 1, Interpreter = 3, NoteType = 4;
    private const uint Read = 4;

    /// <summary>Real images have an interpreter that does not exist, so that the host's kernel refuses to run them.</summary>
    private static ReadOnlySpan<byte> InterpreterPath => "/nonexistent/solo5/\0"u8;

    /// <summary>
    /// The file; segments in ascending order of their addresses, of which the program headers of the first
    /// <paramref name="beforeNotes"/> stand before those of the notes.
    /// </summary>
    internal static byte[] Build(IReadOnlyList<GuestSegment> segments, int beforeNotes, byte[] abiNote, byte[] manifestNote)
    {
        int headers = segments.Count + 3;
        int interpreterAt = HeaderBytes + (headers * ProgramHeaderBytes);
        int abiAt = Align(interpreterAt + InterpreterPath.Length, 8);
        int manifestAt = Align(abiAt + abiNote.Length, 8);
        var offsets = new int[segments.Count];
        int end = manifestAt + manifestNote.Length;
        for (int i = 0; i < segments.Count; i++)
        {
            offsets[i] = Align(end, PageBytes);
            end = offsets[i] + segments[i].Bytes.Length;
        }

        var file = new byte[end];
        InterpreterPath.CopyTo(file.AsSpan(interpreterAt));
        abiNote.CopyTo(file, abiAt);
        manifestNote.CopyTo(file, manifestAt);
        WriteHeader(file, headers);
        WriteProgramHeader(file, 0, Interpreter, Read, interpreterAt, 0, InterpreterPath.Length, InterpreterPath.Length, 1);
        for (int i = 0; i < segments.Count; i++)
        {
            GuestSegment one = segments[i];
            one.Bytes.CopyTo(file, Math.Min(offsets[i], end));
            int index = i < beforeNotes ? i + 1 : i + 3;
            WriteProgramHeader(
                file, index, Load, one.Flags, offsets[i], one.Address, one.Bytes.Length, (long)one.MemoryBytes, PageBytes);
        }

        WriteProgramHeader(file, beforeNotes + 1, NoteType, Read, abiAt, 0, abiNote.Length, abiNote.Length, 4);
        WriteProgramHeader(file, beforeNotes + 2, NoteType, Read, manifestAt, 0, manifestNote.Length, manifestNote.Length, 4);
        return file;
    }

    /// <summary>A note: name size 6, content size with its padding, type, "Solo5", padding, content.</summary>
    internal static byte[] Note(uint type, int paddingBytes, byte[] content)
    {
        var note = new byte[20 + paddingBytes + content.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(note, 6);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(4), paddingBytes + content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(8), type);
        Encoding.ASCII.GetBytes("Solo5", note.AsSpan(12));
        content.CopyTo(note, 20 + paddingBytes);
        return note;
    }

    private static int Align(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private static void WriteHeader(Span<byte> file, int headers)
    {
        ReadOnlySpan<byte> identity = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0xff];
        identity.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], 62);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], GuestBuilder.TextAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], (ushort)headers);
    }

    private static void WriteProgramHeader(
        Span<byte> file, int index, uint type, uint flags, int offset, ulong address, int fileBytes, long memoryBytes, ulong alignment)
    {
        Span<byte> header = file.Slice(HeaderBytes + (index * ProgramHeaderBytes), ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)fileBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], memoryBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], alignment);
    }
}
