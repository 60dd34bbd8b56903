namespace Albatross.Tls.Streams;

/// <summary>
/// Cuts what is written into chunks of <paramref name="chunkBytes"/> and hands each on; the last one, which may be smaller, when it is told
/// to. Asynchronously only.
/// </summary>
/// <param name="chunkBytes">The size of a chunk, 1 or more.</param>
/// <param name="send">Gets each chunk, which it may keep.</param>
public sealed class ChunkingStream(int chunkBytes, Func<ReadOnlyMemory<byte>, Task> send) : Stream
{
    private byte[] _chunk = new byte[chunkBytes];
    private int _count;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, _chunk.Length - _count);
            buffer[..count].CopyTo(_chunk.AsMemory(_count));
            _count += count;
            buffer = buffer[count..];
            if (_count == _chunk.Length)
            {
                await SendRestAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Hands on what is there, if anything is.</summary>
    public async Task SendRestAsync()
    {
        if (_count > 0)
        {
            ReadOnlyMemory<byte> chunk = _chunk.AsMemory(0, _count);
            (_chunk, _count) = (new byte[_chunk.Length], 0);
            await send(chunk).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing to do: a compressor that flushes has not come to the end.</summary>
    public override void Flush() { }

    /// <inheritdoc cref="Flush"/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
