using Albatross.Policy;
using Albatross.Protocol.Frames;

namespace Albatross.Tls;

/// <summary>
/// Frames over a stream, be it a mutual session or a local socket. One reader and one writer at a time.
/// Disposing it disposes the stream.
/// </summary>
public sealed class FrameChannel(Stream stream, FrameLimit limit) : IAsyncDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly FrameReader _reader = new(limit);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private ReadOnlyMemory<byte> _unread;

    /// <summary>The next frame, the end marker, the end of the stream, or the refusal of a frame that is too large.</summary>
    /// <exception cref="IOException">The peer is gone.</exception>
    public async Task<ReceivedFrame> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            ReceivedFrame? received = Step();
            if (received is { } complete)
            {
                return complete;
            }

            int count = await stream.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                return new ReceivedFrame(FrameKind.Closed, default, null);
            }

            _unread = _buffer.AsMemory(0, count);
        }
    }

    /// <summary>Sends <paramref name="framed"/>, length included, by one write.</summary>
    /// <exception cref="IOException">The peer is gone.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> framed, CancellationToken cancellation)
    {
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
        await stream.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private ReceivedFrame? Step()
    {
        if (_unread.IsEmpty)
        {
            return null;
        }

        ReadOnlySpan<byte> input = _unread.Span;
        FrameStep step = _reader.Read(ref input, out ReadOnlyMemory<byte> body, out Refusal? refusal);
        _unread = _unread[^input.Length..];
        return step switch
        {
            FrameStep.Frame => new ReceivedFrame(FrameKind.Frame, body, null),
            FrameStep.End => new ReceivedFrame(FrameKind.EndMarker, default, null),
            FrameStep.Refused => new ReceivedFrame(FrameKind.Refused, default, refusal),
            _ => null,
        };
    }
}

/// <summary>What came.</summary>
public enum FrameKind
{
    /// <summary>A frame.</summary>
    Frame = 0,

    /// <summary>A frame of length zero: the end of a stream of chunks.</summary>
    EndMarker = 1,

    /// <summary>The end of the stream, perhaps within a frame.</summary>
    Closed = 2,

    /// <summary>A frame that is too large; nothing after it can be read.</summary>
    Refused = 3,
}

/// <summary>One turn of <see cref="FrameChannel.ReadAsync"/>.</summary>
/// <param name="Kind">What came.</param>
/// <param name="Body">The frame's bytes, in an array of their own.</param>
/// <param name="Refusal">Why nothing more can be read.</param>
public readonly record struct ReceivedFrame(FrameKind Kind, ReadOnlyMemory<byte> Body, Refusal? Refusal);
