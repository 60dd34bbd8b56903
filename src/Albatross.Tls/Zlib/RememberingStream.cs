using Albatross.Tls.Streams;

namespace Albatross.Tls.Zlib;

/// <summary>Passes reads on, and remembers how the data began and ended so far.</summary>
internal sealed class RememberingStream(Stream source) : ReadOnlyStream
{
    private long _length;
    private int _head;

    /// <summary>The last four bytes as a big-endian number; where there were fewer, zeros stand before them.</summary>
    public uint Tail { get; private set; }

    /// <summary>
    /// Whether the first two bytes are those of zlib format (RFC 1950, section 2.2): deflate with a window of at most 32 KiB, no
    /// dictionary, and a multiple of 31.
    /// </summary>
    public bool BeginsLikeZlib
    {
        get
        {
            const int Method = 0xf00, Deflate = 0x800, Window = 0xf000, LargestWindow = 0x7000, Dictionary = 0x20, Check = 31;
            return _length >= 2 && (_head & Method) == Deflate && (_head & Window) <= LargestWindow && (_head & Dictionary) == 0
                && _head % Check == 0;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(buffer);
        Note(buffer[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Note(buffer.Span[..count]);
        return count;
    }

    private void Note(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length && _length + i < 2; i++)
        {
            _head = _head << 8 | bytes[i];
        }

        _length += bytes.Length;
        foreach (byte value in bytes[Math.Max(0, bytes.Length - sizeof(uint))..])
        {
            Tail = Tail << 8 | value;
        }
    }
}
