using Albatross.Daemon.Wire;
using Albatross.Orchestration.Vmmd;
using Albatross.Tls.Streams;
using Albatross.Tls.Zlib;

namespace Albatross.Daemon.Vmmd;

/// <summary>The chunks that a connection brings up to its end marker, as one stream that can only be read.</summary>
internal sealed class ChunkStream(LocalConnection connection) : PartsStream
{
    /// <inheritdoc/>
    protected override Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation) => connection.ReceiveChunkAsync(cancellation);
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
        _source = sender is not null ? new ChunkStream(sender) : ZlibFormat.StreamOf(content.Bytes);
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
}
