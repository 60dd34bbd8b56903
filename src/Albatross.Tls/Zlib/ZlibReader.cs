using System.IO.Compression;

namespace Albatross.Tls.Zlib;

/// <summary>
/// Data in zlib format (RFC 1950) as it comes, unpacked and compared with its checksum at its end. One reader at a time; the stream stays
/// the caller's. How much comes is for the caller to limit.
/// </summary>
public sealed class ZlibReader : IDisposable
{
    private readonly RememberingStream _packed;
    private readonly ZLibStream _zlib;
    private Adler32 _sum = new();

    /// <summary>Reads <paramref name="packed"/> from where it is to its end.</summary>
    public ZlibReader(Stream packed)
    {
        _packed = new RememberingStream(packed);
        _zlib = new ZLibStream(_packed, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>The next unpacked bytes; 0 at the end, when all of it was whole.</summary>
    /// <exception cref="InvalidDataException">It is damaged or incomplete, or something follows it.</exception>
    public int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = _zlib.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }

        return count > 0 ? Checked(buffer[..count]) : AtEnd(_packed.Read(stackalloc byte[1]));
    }

    /// <inheritdoc cref="Read"/>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int count;
        try
        {
            count = await _zlib.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }

        return count > 0
            ? Checked(buffer.Span[..count])
            : AtEnd(await _packed.ReadAsync(new byte[1], cancellation).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose() => _zlib.Dispose();

    private int Checked(ReadOnlySpan<byte> unpacked)
    {
        _sum.Add(unpacked);
        return unpacked.Length;
    }

    // ZLibStream takes the end of its input for the end of the data, wherever that is, and does not read on behind the end of the data. So
    // the checksum that ends the format is compared here: it stands in the last four bytes, and nothing may follow.
    private int AtEnd(int following) => following == 0 && _packed.Tail == _sum.Value
        ? 0
        : throw new InvalidDataException("Unexpected end of input: the data is incomplete, or something follows it");

    // The platform speaks of archives; the words about the header are the original's.
    private InvalidDataException Damaged(InvalidDataException e) =>
        new(_packed.BeginsLikeZlib ? "the data is damaged" : "Invalid Zlib header", e);
}
