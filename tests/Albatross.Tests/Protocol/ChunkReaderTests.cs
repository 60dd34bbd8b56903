using Albatross.Protocol.Frames;

namespace Albatross.Tests.Protocol;

public sealed class ChunkReaderTests
{
    [Fact]
    public void The_content_comes_out_as_it_went_in_however_it_is_cut_and_chunked()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            byte[] content = new byte[random.Next(0, 20_000)];
            random.NextBytes(content);
            List<byte> stream = [];
            for (int at = 0; at < content.Length;)
            {
                int length = Math.Min(content.Length - at, random.Next(1, seed % 2 == 0 ? 9 : 9_000));
                stream.AddRange(FrameWriter.Write(content.AsSpan(at, length)));
                at += length;
            }

            stream.AddRange(FrameWriter.EndMarker.Span);
            byte[] after = [1, 2, 3];

            (byte[] read, byte[] left) = Read([.. stream, .. after], () => random.Next(1, seed % 3 == 0 ? 4 : 5_000));

            Assert.True(content.AsSpan().SequenceEqual(read), $"seed {seed}");
            Assert.True(after.AsSpan().SequenceEqual(left), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("ffffffff")]
    [InlineData("80000000")]
    public void A_length_of_nothing_or_less_is_the_end(string header)
    {
        var reader = new ChunkReader();
        ReadOnlyMemory<byte> input = Convert.FromHexString("00000001aa" + header);

        Assert.Equal(ChunkStep.Piece, reader.Read(ref input, out ReadOnlyMemory<byte> piece));
        Assert.Equal([0xaa], piece.ToArray());
        Assert.Equal(ChunkStep.End, reader.Read(ref input, out _));
    }

    [Fact]
    public void A_chunk_of_2_GiB_passes_in_pieces_and_nothing_is_kept()
    {
        var reader = new ChunkReader();
        byte[] part = new byte[1 << 20];
        ReadOnlyMemory<byte> header = Convert.FromHexString("7fffffff");
        Assert.Equal(ChunkStep.NeedsMore, reader.Read(ref header, out _));
        long before = GC.GetAllocatedBytesForCurrentThread();
        long left = int.MaxValue;
        while (left > 0)
        {
            ReadOnlyMemory<byte> input = part.AsMemory(0, (int)Math.Min(left, part.Length));
            if (reader.Read(ref input, out ReadOnlyMemory<byte> piece) != ChunkStep.Piece || piece.Length == 0)
            {
                break;
            }

            left -= piece.Length;
        }

        ReadOnlyMemory<byte> end = FrameWriter.EndMarker;
        Assert.Equal(0, left);
        Assert.Equal(ChunkStep.End, reader.Read(ref end, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    private static (byte[] Content, byte[] Left) Read(byte[] stream, Func<int> cut)
    {
        var reader = new ChunkReader();
        List<byte> content = [];
        for (int at = 0; at < stream.Length;)
        {
            int length = Math.Min(stream.Length - at, cut());
            ReadOnlyMemory<byte> input = stream.AsMemory(at, length);
            at += length;
            while (!input.IsEmpty)
            {
                switch (reader.Read(ref input, out ReadOnlyMemory<byte> piece))
                {
                    case ChunkStep.Piece:
                        content.AddRange(piece.Span);
                        break;
                    case ChunkStep.End:
                        return ([.. content], stream[(at - input.Length)..]);
                }
            }
        }

        throw new EndOfStreamException();
    }
}
