using System.IO.Compression;
using Albatross.Protocol.Compression;

namespace Albatross.Client.Output;

/// <summary>Streams with a limit, and zlib format (RFC 1950) that is checked to its end.</summary>
internal static class Unpacking
{
    private const int BufferBytes = 64 << 10;

    /// <summary>Copies all of <paramref name="plain"/>.</summary>
    /// <exception cref="InvalidDataException">It is larger than <paramref name="maxBytes"/>.</exception>
    public static async Task CopyPlainAsync(Stream plain, Stream to, long maxBytes, CancellationToken cancellation) =>
        await CopyAsync(plain, to, maxBytes, _ => { }, cancellation).ConfigureAwait(false);

    /// <summary>Unpacks all of <paramref name="packed"/>, as it comes.</summary>
    /// <exception cref="InvalidDataException">
    /// It is damaged, incomplete, followed by something, or larger than <paramref name="maxBytes"/> unpacked.
    /// </exception>
    public static async Task CopyAsync(Stream packed, Stream to, long maxBytes, CancellationToken cancellation)
    {
        var remembering = new TailStream(packed);
        var sum = new Adler32();
        var zlib = new ZLibStream(remembering, CompressionMode.Decompress, leaveOpen: true);
        await using (zlib.ConfigureAwait(false))
        {
            await CopyAsync(zlib, to, maxBytes, bytes => sum.Add(bytes.Span), cancellation).ConfigureAwait(false);
        }

        // ZLibStream takes the end of its input for the end of the data, wherever that is, and does not read on behind the end of the data.
        // So the checksum that ends the format is compared here: it must stand in the last four bytes.
        if (remembering.Tail != sum.Value || await remembering.ReadAsync(new byte[1], cancellation).ConfigureAwait(false) != 0)
        {
            throw new InvalidDataException("the data is incomplete, or something follows it");
        }
    }

    private static async Task CopyAsync(
        Stream from, Stream to, long maxBytes, Action<ReadOnlyMemory<byte>> look, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        long total = 0;
        for (int count; (count = await from.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            total += count;
            if (total > maxBytes)
            {
                throw new InvalidDataException($"it has more than {maxBytes} bytes");
            }

            look(buffer.AsMemory(0, count));
            await to.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }
    }

    // Passes reads on and remembers the last four bytes, as a big-endian number; fewer than four bytes count as zeros before them.
    private sealed class TailStream(Stream inner) : ReadOnlyStream
    {
        public uint Tail { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            foreach (byte value in buffer.Span[Math.Max(0, count - sizeof(uint))..count])
            {
                Tail = Tail << 8 | value;
            }

            return count;
        }
    }
}
