using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Albatross.Daemon.Vmmd;

/// <summary>zlib format (RFC 1950) to bytes, with a limit: what grows without end is refused, not unpacked.</summary>
internal static class ZlibUnpacker
{
    /// <summary>Unpacks all of <paramref name="packed"/>.</summary>
    /// <exception cref="InvalidDataException">It is damaged, incomplete, or larger than <paramref name="maxBytes"/> unpacked.</exception>
    public static ReadOnlyMemory<byte> Unpack(ReadOnlyMemory<byte> packed, int maxBytes)
    {
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

    // ZLibStream takes the end of its input for the end of the data, wherever that is. So the checksum that ends the format is
    // compared here: it stands in the last four bytes, and nothing may follow.
    private static void CheckEnd(ReadOnlySpan<byte> packed, ReadOnlySpan<byte> unpacked)
    {
        const int HeaderBytes = 2;
        const int ChecksumBytes = 4;
        if (packed.Length < HeaderBytes + ChecksumBytes
            || BinaryPrimitives.ReadUInt32BigEndian(packed[^ChecksumBytes..]) != Adler32(unpacked))
        {
            throw new InvalidDataException("the data is incomplete, or something follows it");
        }
    }

    // RFC 1950, section 8.2. 5552 is the most bytes whose sums fit 32 bits before they are reduced.
    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        const uint Modulus = 65521;
        const int Stretch = 5552;
        uint a = 1, b = 0;
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> stretch = bytes[..Math.Min(bytes.Length, Stretch)];
            foreach (byte value in stretch)
            {
                a += value;
                b += a;
            }

            (a, b) = (a % Modulus, b % Modulus);
            bytes = bytes[stretch.Length..];
        }

        return b << 16 | a;
    }
}
