using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Albatross.Protocol.Compression;

namespace Albatross.Daemon.Vmmd;

/// <summary>zlib format (RFC 1950) to bytes, with a limit: what grows without end is refused, not unpacked.</summary>
internal static class ZlibUnpacker
{
    private const int HeaderBytes = 2;

    /// <summary>Unpacks all of <paramref name="packed"/>.</summary>
    /// <exception cref="InvalidDataException">It is damaged, incomplete, or larger than <paramref name="maxBytes"/> unpacked.</exception>
    public static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed, int maxBytes)
    {
        CheckHeader(packed.Span);
        using var source = MemoryMarshal.TryGetArray(packed, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(packed.ToArray(), writable: false);
        using var zlib = new ZLibStream(source, CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        for (int count; (count = zlib.Read(buffer)) > 0;)
        {
            if (unpacked.Length + count > maxBytes)
            {
                throw new InvalidDataException($"larger than {maxBytes >> 20} MiB when unpacked");
            }

            unpacked.Write(buffer, 0, count);
        }

        ReadOnlyMemory<byte> all = unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
        CheckEnd(packed.Span, all.Span);
        return all;
    }

    // RFC 1950, section 2.2: deflate with a window of at most 32 KiB, no dictionary, and a multiple of 31. The words are the original's.
    private static void CheckHeader(ReadOnlySpan<byte> packed)
    {
        const int Deflate = 8, LargestWindow = 7, Dictionary = 0x20, Check = 31;
        if (packed.Length >= HeaderBytes
            && ((packed[0] & 0xf) != Deflate || packed[0] >> 4 > LargestWindow || (packed[1] & Dictionary) != 0
                || (packed[0] << 8 | packed[1]) % Check != 0))
        {
            throw new InvalidDataException("Invalid Zlib header");
        }
    }

    // ZLibStream takes the end of its input for the end of the data, wherever that is. So the checksum that ends the format is
    // compared here: it stands in the last four bytes, and nothing may follow.
    private static void CheckEnd(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> unpacked)
    {
        const int ChecksumBytes = 4;
        if (packed.Length < HeaderBytes + ChecksumBytes
            || BinaryPrimitives.ReadUInt32BigEndian(packed[^ChecksumBytes..]) != Checksum(unpacked))
        {
            throw new InvalidDataException("Unexpected end of input: the data is incomplete or damaged, or something follows it");
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = new Adler32();
        sum.Add(bytes);
        return sum.Value;
    }
}
