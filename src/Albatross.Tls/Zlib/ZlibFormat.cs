using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Albatross.Tls.Zlib;

/// <summary>
/// zlib format (RFC 1950) from bytes and to bytes. It is in this project because that is the one with effects that both daemon and client
/// have.
/// </summary>
public static class ZlibFormat
{
    private const int BufferBytes = 64 << 10;

    /// <summary>Packs <paramref name="bytes"/>.</summary>
    /// <param name="bytes">Anything, also nothing.</param>
    /// <param name="level">1 (fast) to 9 (small); 0 stores.</param>
    public static byte[] Pack(ReadOnlySpan<byte> bytes, int level)
    {
        using var packed = new MemoryStream();
        using (ZLibStream zlib = Packer(packed, level))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>Packs what is written to it; disposing it writes the end, and leaves <paramref name="to"/> open.</summary>
    /// <param name="to">Gets the packed bytes.</param>
    /// <param name="level">As of <see cref="Pack"/>.</param>
    public static ZLibStream Packer(Stream to, int level) =>
        new(to, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true);

    /// <summary>Reads <paramref name="bytes"/>, without a copy where they are an array.</summary>
    public static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);

    /// <summary>Unpacks all of <paramref name="packed"/>: what grows without end is refused, not unpacked.</summary>
    /// <exception cref="InvalidDataException">It is damaged, incomplete, or larger than <paramref name="maxBytes"/> unpacked.</exception>
    public static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed, int maxBytes)
    {
        using MemoryStream source = StreamOf(packed);
        using var zlib = new ZlibReader(source);
        using var unpacked = new MemoryStream();
        byte[] buffer = new byte[BufferBytes];
        for (int count; (count = zlib.Read(buffer)) > 0;)
        {
            if (unpacked.Length + count > maxBytes)
            {
                throw new InvalidDataException($"larger than {maxBytes >> 20} MiB when unpacked");
            }

            unpacked.Write(buffer, 0, count);
        }

        return unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
    }
}
