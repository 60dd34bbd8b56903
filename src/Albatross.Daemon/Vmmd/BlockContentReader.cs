using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Albatross.Daemon.Wire;
using Albatross.Orchestration.Vmmd;
using Albatross.Protocol.Compression;

namespace Albatross.Daemon.Vmmd;

/// <summary>The chunks that a connection brings up to its end marker, as one stream that can only be read.</summary>
internal sealed class ChunkStream(LocalConnection connection) : Stream
{
    private ReadOnlyMemory<byte> _unread;
    private bool _isAtEnd;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty && !_isAtEnd)
        {
            ReadOnlyMemory<byte>? chunk = await connection.ReceiveChunkAsync(cancellationToken).ConfigureAwait(false);
            _isAtEnd = chunk is null;
            _unread = chunk ?? default;
        }

        int count = Math.Min(buffer.Length, _unread.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Content as it is to stand on a block device: unpacked, and compared with its checksum at its end.</summary>
internal sealed class BlockContentReader : IAsyncDisposable
{
    private readonly Stream _source;
    private readonly TailStream? _packed;
    private Adler32 _sum = new();

    /// <summary>Reads <paramref name="content"/>.</summary>
    /// <param name="content">Its bytes, or whose connection brings them.</param>
    /// <param name="sender">That connection; null when the bytes are all there.</param>
    public BlockContentReader(BlockContent content, LocalConnection? sender)
    {
        Stream source = sender is not null ? new ChunkStream(sender) : StreamOf(content.Bytes);
        _packed = content.Compressed ? new TailStream(source) : null;
        _source = _packed is null ? source : new ZLibStream(_packed, CompressionMode.Decompress);
    }

    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="InvalidDataException">The packed data is damaged, incomplete, or something follows it.</exception>
    /// <exception cref="IOException">The sender is gone.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int count = await ReadSourceAsync(buffer, cancellation).ConfigureAwait(false);
        if (_packed is null)
        {
            return count;
        }

        _sum.Add(buffer.Span[..count]);
        if (count == 0)
        {
            await _packed.DrainAsync(cancellation).ConfigureAwait(false);
            if (_packed.LastFour != _sum.Value)
            {
                throw new InvalidDataException("the data is incomplete, or something follows it");
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async ValueTask<int> ReadSourceAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await _source.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException("the data is damaged, or not in zlib format", e);   // the platform speaks of archives
        }
    }

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);

    // ZLibStream takes the end of its input for the end of the data, wherever that is; the checksum of the format is its last four bytes.
    private sealed class TailStream(Stream source) : Stream
    {
        private readonly byte[] _tail = new byte[sizeof(uint)];

        public uint LastFour => BinaryPrimitives.ReadUInt32BigEndian(_tail);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public async Task DrainAsync(CancellationToken cancellation)
        {
            byte[] rest = new byte[4 << 10];
            while (await ReadAsync(rest, cancellation).ConfigureAwait(false) > 0)
            {
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            ReadOnlySpan<byte> last = buffer.Span[Math.Max(0, count - _tail.Length)..count];
            _tail.AsSpan(last.Length).CopyTo(_tail);
            last.CopyTo(_tail.AsSpan(_tail.Length - last.Length));
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await source.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }
}
