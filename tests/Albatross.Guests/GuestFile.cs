using System.Buffers.Binary;
using System.Text;

namespace Albatross.Guests;

/// <summary>Lays out the ELF file of a guest: headers, interpreter, notes, text, data, padding.</summary>
internal static class GuestFile
{
    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;
    private const int PageBytes = 4096;
    private const uint Load = 1, Interpreter = 3, NoteType = 4;
    private const uint Read = 4, Write = 2;

    /// <summary>Real images have an interpreter that does not exist, so that the host's kernel refuses to run them.</summary>
    private static ReadOnlySpan<byte> InterpreterPath => "/nonexistent/solo5/\0"u8;

    internal static byte[] Build(byte[] text, uint textFlags, byte[] data, byte[] padding, byte[] abiNote, byte[] manifestNote)
    {
        int headers = padding.Length > 0 ? 6 : 5;
        int interpreterAt = HeaderBytes + (headers * ProgramHeaderBytes);
        int abiAt = Align(interpreterAt + InterpreterPath.Length, 8);
        int manifestAt = Align(abiAt + abiNote.Length, 8);
        int textAt = Align(manifestAt + manifestNote.Length, PageBytes);
        int dataAt = Align(textAt + text.Length, PageBytes);
        int paddingAt = Align(dataAt + data.Length, PageBytes);
        int end = padding.Length > 0 ? paddingAt + padding.Length : dataAt + data.Length;

        var file = new byte[end];
        InterpreterPath.CopyTo(file.AsSpan(interpreterAt));
        abiNote.CopyTo(file, abiAt);
        manifestNote.CopyTo(file, manifestAt);
        text.CopyTo(file, textAt);
        data.CopyTo(file, dataAt);
        padding.CopyTo(file, Math.Min(paddingAt, end));

        WriteHeader(file, headers);
        ulong paddingAddress = (GuestBuilder.DataAddress + (ulong)data.Length + PageBytes - 1) & ~(PageBytes - 1UL);
        WriteProgramHeader(file, 0, Interpreter, Read, interpreterAt, 0, InterpreterPath.Length, 1);
        WriteProgramHeader(file, 1, Load, textFlags, textAt, GuestBuilder.TextAddress, text.Length, PageBytes);
        WriteProgramHeader(file, 2, Load, Read | Write, dataAt, GuestBuilder.DataAddress, data.Length, PageBytes);
        WriteProgramHeader(file, 3, NoteType, Read, abiAt, 0, abiNote.Length, 4);
        WriteProgramHeader(file, 4, NoteType, Read, manifestAt, 0, manifestNote.Length, 4);
        if (padding.Length > 0)
        {
            WriteProgramHeader(file, 5, Load, Read, paddingAt, paddingAddress, padding.Length, PageBytes);
        }

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
        Span<byte> file, int index, uint type, uint flags, int offset, ulong address, int size, ulong alignment)
    {
        Span<byte> header = file.Slice(HeaderBytes + (index * ProgramHeaderBytes), ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], alignment);
    }
}
