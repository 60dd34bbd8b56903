using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.Client.Blocks;

/// <summary>
/// What is written to it goes out as chunks of <see cref="ChunkBytes"/>; the last one, which may be smaller, when it is ended. A chunk
/// with its frame fits into one TLS record.
/// </summary>
/// <param name="to">Where it goes.</param>
/// <param name="cancellation">Ends every write, those of a compressor that is disposed included.</param>
internal sealed class ChunkStream(FrameChannel to, CancellationToken cancellation) : Stream
{
    /// <summary>The content of one chunk: a record of 16 KiB without the four bytes of the frame.</summary>
    public const int ChunkBytes = (16 << 10) - FrameWriter.HeaderBytes;

    private readonly byte[] _frame = new byte[FrameWriter.HeaderBytes + ChunkBytes];
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

    /// <summary>Sends what is left, and the end marker.</summary>
    /// <exception cref="ClientException">The daemon takes no more.</exception>
    public async Task EndAsync()
    {
        await SendChunkAsync().ConfigureAwait(false);
        await SendAsync(FrameWriter.EndMarker).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int count = Math.Min(buffer.Length, ChunkBytes - _count);
            buffer[..count].CopyTo(_frame.AsMemory(FrameWriter.HeaderBytes + _count));
            buffer = buffer[count..];
            _count += count;
            if (_count == ChunkBytes)
            {
                await SendChunkAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Nothing to do: only whole chunks go out, and what is left when the stream is ended.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SendChunkAsync()
    {
        if (_count == 0)
        {
            return;
        }

        int count = _count;
        _count = 0;
        FrameWriter.WriteHeader(_frame, count);
        await SendAsync(_frame.AsMemory(0, FrameWriter.HeaderBytes + count)).ConfigureAwait(false);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> framed)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await to.WriteAsync(framed, cancellation).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ClientException(ExitStatus.Communication, e.Message, e);   // not the file's: that is told apart by this
        }
    }
}
