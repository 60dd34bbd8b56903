using System.Runtime.InteropServices;
using Albatross.Daemon.Wire;
using Albatross.Orchestration.Vmmd;
using Albatross.Tls.Zlib;

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
    private readonly ZlibReader? _zlib;

    /// <summary>Reads <paramref name="content"/>.</summary>
    /// <param name="content">Its bytes, or whose connection brings them.</param>
    /// <param name="sender">That connection; null when the bytes are all there.</param>
    public BlockContentReader(BlockContent content, LocalConnection? sender)
    {
        _source = sender is not null ? new ChunkStream(sender) : StreamOf(content.Bytes);
        _zlib = content.Compressed ? new ZlibReader(_source) : null;
    }

    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="InvalidDataException">The packed data is damaged, incomplete, or something follows it.</exception>
    /// <exception cref="IOException">The sender is gone.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation) =>
        _zlib is null ? _source.ReadAsync(buffer, cancellation) : _zlib.ReadAsync(buffer, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _zlib?.Dispose();
        return _source.DisposeAsync();
    }

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);
}
