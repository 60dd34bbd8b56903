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
        using (var zlib = new ZLibStream(packed, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>Unpacks all of <paramref name="packed"/>: what grows without end is refused, not unpacked.</summary>
    /// <exception cref="InvalidDataException">It is damaged, incomplete, or larger than <paramref name="maxBytes"/> unpacked.</exception>
    public static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed, int maxBytes)
    {
        using var source = MemoryMarshal.TryGetArray(packed, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(packed.ToArray(), writable: false);
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
