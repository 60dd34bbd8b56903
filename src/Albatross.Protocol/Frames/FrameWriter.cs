using System.Buffers.Binary;

namespace Albatross.Protocol.Frames;

/// <summary>
/// Writes frames: four bytes of big-endian length, then that many bytes, in one buffer, so that one write sends one frame
/// (wire specification, section 6). Messages are framed by <see cref="Der.WireCodec.EncodeFramed"/>; this is for the chunks of a stream.
/// </summary>
public static class FrameWriter
{
    /// <summary>The bytes before the body.</summary>
    public const int HeaderBytes = sizeof(int);

    /// <summary>The frame of length 0 that ends a stream of chunks.</summary>
    public static ReadOnlyMemory<byte> EndMarker { get; } = new byte[HeaderBytes];

    /// <summary>The frame of <paramref name="body"/>.</summary>
    /// <exception cref="ArgumentException">The body is empty: that would be the end marker.</exception>
    public static byte[] Write(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            throw new ArgumentException("an empty frame is the end of a stream: send EndMarker", nameof(body));
        }

        byte[] frame = new byte[HeaderBytes + body.Length];
        WriteHeader(frame, body.Length);
        body.CopyTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    /// <summary>Puts the length of a body of <paramref name="bodyBytes"/> into the first four bytes of <paramref name="frame"/>.</summary>
    public static void WriteHeader(Span<byte> frame, int bodyBytes) => BinaryPrimitives.WriteInt32BigEndian(frame, bodyBytes);
}
