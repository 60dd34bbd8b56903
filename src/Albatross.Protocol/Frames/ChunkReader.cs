using System.Buffers.Binary;

namespace Albatross.Protocol.Frames;

/// <summary>What <see cref="ChunkReader.Read"/> came to.</summary>
public enum ChunkStep
{
    /// <summary>The input is used up.</summary>
    NeedsMore = 0,

    /// <summary>A piece of a chunk.</summary>
    Piece = 1,

    /// <summary>The end marker: a length of 0 or less.</summary>
    End = 2,
}

/// <summary>
/// Takes the frames off a stream of chunks (wire specification, section 6) and keeps nothing of it: what it gives are slices of the input.
/// Where one chunk ends and the next begins has no meaning, so a chunk of any size passes in pieces and needs no limit of its own. For
/// those who keep whole chunks there is <see cref="FrameReader"/>.
/// </summary>
/// <example><code>
/// ReadOnlyMemory&lt;byte&gt; input = received;
/// while (reader.Read(ref input, out ReadOnlyMemory&lt;byte&gt; piece) == ChunkStep.Piece) { Pass(piece); }
/// </code></example>
public sealed class ChunkReader
{
    private readonly byte[] _header = new byte[FrameWriter.HeaderBytes];
    private int _headerBytes;
    private int _left;

    /// <summary>Reads on in <paramref name="input"/>, and shortens it by what was read.</summary>
    /// <param name="input">What has arrived.</param>
    /// <param name="piece">With <see cref="ChunkStep.Piece"/> a part of it that is content; never empty.</param>
    public ChunkStep Read(ref ReadOnlyMemory<byte> input, out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        while (!input.IsEmpty)
        {
            if (_left > 0)
            {
                int count = Math.Min(_left, input.Length);
                piece = input[..count];
                input = input[count..];
                _left -= count;
                return ChunkStep.Piece;
            }

            _header[_headerBytes++] = input.Span[0];
            input = input[1..];
            if (_headerBytes < FrameWriter.HeaderBytes)
            {
                continue;
            }

            _headerBytes = 0;
            _left = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(_header));
            if (_left == 0)
            {
                return ChunkStep.End;
            }
        }

        return ChunkStep.NeedsMore;
    }
}
