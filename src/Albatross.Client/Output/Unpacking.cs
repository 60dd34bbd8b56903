using Albatross.Tls.Zlib;

namespace Albatross.Client.Output;

/// <summary>Streams with a limit, plain or in zlib format (RFC 1950), which is checked to its end.</summary>
internal static class Unpacking
{
    private const int BufferBytes = 64 << 10;

    /// <summary>Copies all of <paramref name="plain"/>.</summary>
    /// <exception cref="InvalidDataException">It is larger than <paramref name="maxBytes"/>.</exception>
    public static Task CopyPlainAsync(Stream plain, Stream to, long maxBytes, CancellationToken cancellation) =>
        CopyAsync(plain.ReadAsync, to, maxBytes, cancellation);

    /// <summary>Unpacks all of <paramref name="packed"/>, as it comes.</summary>
    /// <exception cref="InvalidDataException">
    /// It is damaged, incomplete, followed by something, or larger than <paramref name="maxBytes"/> unpacked.
    /// </exception>
    public static async Task CopyAsync(Stream packed, Stream to, long maxBytes, CancellationToken cancellation)
    {
        using var zlib = new ZlibReader(packed);
        await CopyAsync(zlib.ReadAsync, to, maxBytes, cancellation).ConfigureAwait(false);
    }

    private static async Task CopyAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read, Stream to, long maxBytes, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        long total = 0;
        for (int count; (count = await read(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            total += count;
            if (total > maxBytes)
            {
                throw new InvalidDataException($"it has more than {maxBytes} bytes");
            }

            await to.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
        }
    }
}
