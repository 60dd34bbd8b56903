using System.Buffers.Binary;
using Albatross.Policy;

namespace Albatross.Protocol.Frames;

/// <summary>What <see cref="FrameReader.Read"/> came to.</summary>
public enum FrameStep
{
    /// <summary>The input is used up in the middle of a frame, or between two.</summary>
    NeedsMore = 0,

    /// <summary>A frame is complete.</summary>
    Frame = 1,

    /// <summary>A length of 0 or less: the end of a stream of chunks; where messages are expected, the end of the connection.</summary>
    End = 2,

    /// <summary>The frame is over the limit. Nothing more can be read.</summary>
    Refused = 3,
}

/// <summary>
/// Cuts bytes that arrive in any pieces into frames (wire specification, section 6): a big-endian signed length of four bytes, then that
/// many bytes. Its buffer grows with what has arrived, not with what was announced: at most twice that and 64 KiB.
/// <code>
/// length (0..4 bytes) --complete, 1..limit--> body --complete--> Frame, then length
///                     --complete, 0 or less-> End, then length
///                     --complete, > limit---> Refused, for ever
/// </code>
/// </summary>
/// <example><code>
/// ReadOnlySpan&lt;byte&gt; input = received;
/// while (reader.Read(ref input, out ReadOnlyMemory&lt;byte&gt; frame, out Refusal? refusal) == FrameStep.Frame) { Take(frame); }
/// </code></example>
public sealed class FrameReader(FrameLimit limit)
{
    private const int FirstBuffer = 64 << 10;

    private readonly byte[] _header = new byte[FrameWriter.HeaderBytes];
    private int _headerBytes;
    private byte[] _body = [];
    private int _bodyBytes;
    private int _bodyLength;
    private Refusal? _refusal;

    /// <summary>Whether a part of a frame has been read: if the connection ends now, it was cut off.</summary>
    public bool IsWithinFrame => _headerBytes > 0;

    /// <summary>Reads on in <paramref name="input"/> until something is complete; what is left of it belongs to the next call.</summary>
    /// <param name="input">What has arrived; shortened by what was read.</param>
    /// <param name="frame">With <see cref="FrameStep.Frame"/> the body. It has its own array, which the caller may keep.</param>
    /// <param name="refusal">With <see cref="FrameStep.Refused"/> a TooLarge that names limit and size.</param>
    public FrameStep Read(ref ReadOnlySpan<byte> input, out ReadOnlyMemory<byte> frame, out Refusal? refusal)
    {
        frame = default;
        refusal = _refusal;
        if (_refusal is not null)
        {
            return FrameStep.Refused;
        }

        if (_headerBytes < FrameWriter.HeaderBytes)
        {
            _headerBytes += Move(ref input, _header.AsSpan(_headerBytes));
            if (_headerBytes < FrameWriter.HeaderBytes)
            {
                return FrameStep.NeedsMore;
            }

            FrameStep begun = Begin(out refusal);
            if (begun != FrameStep.NeedsMore)
            {
                return begun;
            }
        }

        return Fill(ref input, out frame);
    }

    // NeedsMore: the length is good and the body follows.
    private FrameStep Begin(out Refusal? refusal)
    {
        refusal = null;
        int length = BinaryPrimitives.ReadInt32BigEndian(_header);
        if (length <= 0)
        {
            _headerBytes = 0;
            return FrameStep.End;
        }

        if (length > limit.Bytes)
        {
            _refusal = refusal = new Refusal(
                RefusalCode.TooLarge, $"a frame of {length} bytes is over the limit of {limit.Bytes} bytes ({limit.Name})");
            return FrameStep.Refused;
        }

        _bodyLength = length;
        _bodyBytes = 0;
        _body = new byte[Math.Min(length, FirstBuffer)];
        return FrameStep.NeedsMore;
    }

    private FrameStep Fill(ref ReadOnlySpan<byte> input, out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        int wanted = Math.Min(_bodyLength, _bodyBytes + input.Length);
        if (wanted > _body.Length)
        {
            Array.Resize(ref _body, (int)Math.Min(_bodyLength, Math.Max(wanted, 2L * _body.Length)));
        }

        _bodyBytes += Move(ref input, _body.AsSpan(_bodyBytes, wanted - _bodyBytes));
        if (_bodyBytes < _bodyLength)
        {
            return FrameStep.NeedsMore;
        }

        frame = _body;
        _body = [];
        _headerBytes = 0;
        return FrameStep.Frame;
    }

    private static int Move(ref ReadOnlySpan<byte> input, Span<byte> destination)
    {
        int count = Math.Min(input.Length, destination.Length);
        input[..count].CopyTo(destination);
        input = input[count..];
        return count;
    }
}
