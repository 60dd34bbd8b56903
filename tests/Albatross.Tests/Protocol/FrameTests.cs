using Albatross.Policy;
using Albatross.Protocol.Frames;

namespace Albatross.Tests.Protocol;

public sealed class FrameTests
{
    private static readonly FrameLimit Small = new("test socket", 100_000);

    [Fact]
    public void Frames_come_out_as_they_went_in_however_the_bytes_are_cut()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            int longest = seed % 10 == 0 ? 100_000 : 50;
            byte[][] bodies = [.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => Bytes(random, random.Next(longest + 1)))];
            byte[] stream = [.. bodies.SelectMany(body => body.Length == 0 ? FrameWriter.EndMarker.ToArray() : FrameWriter.Write(body))];

            List<byte[]> read = [];
            var reader = new FrameReader(Small);
            for (int at = 0; at < stream.Length;)
            {
                int length = Math.Min(stream.Length - at, random.Next(1, seed % 3 == 0 ? 5 : 70_000));
                ReadOnlySpan<byte> input = stream.AsSpan(at, length);
                Drain(reader, ref input, read);
                Assert.True(input.IsEmpty, $"seed {seed}");
                at += length;
            }

            Assert.False(reader.IsWithinFrame);
            Assert.True(bodies.Select(Convert.ToHexString).SequenceEqual(read.Select(Convert.ToHexString)), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("ffffffff")]
    [InlineData("80000000")]
    [InlineData("fffffffe")]
    public void A_length_of_nothing_or_less_is_the_end_and_the_reader_goes_on(string header)
    {
        var reader = new FrameReader(Small);
        ReadOnlySpan<byte> input = Convert.FromHexString(header + "00000001aa");

        Assert.Equal(FrameStep.End, reader.Read(ref input, out _, out _));
        Assert.Equal(5, input.Length);
        Assert.Equal(FrameStep.Frame, reader.Read(ref input, out ReadOnlyMemory<byte> frame, out _));
        Assert.Equal([0xaa], frame.ToArray());
    }

    [Fact]
    public void A_frame_at_the_limit_is_taken_and_one_byte_more_is_refused_for_ever()
    {
        var reader = new FrameReader(new FrameLimit("test socket", 3));
        ReadOnlySpan<byte> input = Convert.FromHexString("00000003aabbcc" + "00000004aabbccdd" + "00000001aa");

        Assert.Equal(FrameStep.Frame, reader.Read(ref input, out _, out _));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(FrameStep.Refused, reader.Read(ref input, out _, out Refusal? refusal));
            Assert.Equal(new Refusal(RefusalCode.TooLarge, "a frame of 4 bytes is over the limit of 3 bytes (test socket)"), refusal);
        }
    }

    [Fact]
    public void The_largest_length_is_refused_and_not_taken_for_the_end()
    {
        var reader = new FrameReader(FrameLimits.LocalSocket);
        ReadOnlySpan<byte> input = [0x7f, 0xff, 0xff, 0xff];

        Assert.Equal(FrameStep.Refused, reader.Read(ref input, out _, out _));
    }

    [Fact]
    public void Memory_follows_what_arrives_and_not_what_is_announced()
    {
        var reader = new FrameReader(FrameLimits.LocalSocket);
        ReadOnlySpan<byte> input = [0x04, 0x00, 0x00, 0x00, .. new byte[1000]];

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(FrameStep.NeedsMore, reader.Read(ref input, out _, out _));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 80_000);
        Assert.True(reader.IsWithinFrame);
    }

    [Fact]
    public void A_frame_keeps_its_bytes_when_the_next_one_is_read()
    {
        var reader = new FrameReader(Small);
        ReadOnlySpan<byte> input = Convert.FromHexString("00000001aa" + "00000001bb");

        reader.Read(ref input, out ReadOnlyMemory<byte> first, out _);
        reader.Read(ref input, out ReadOnlyMemory<byte> second, out _);

        Assert.Equal([0xaa], first.ToArray());
        Assert.Equal([0xbb], second.ToArray());
    }

    [Fact]
    public void A_reader_without_input_needs_more()
    {
        var reader = new FrameReader(Small);
        ReadOnlySpan<byte> nothing = [];

        Assert.Equal(FrameStep.NeedsMore, reader.Read(ref nothing, out _, out _));
        Assert.False(reader.IsWithinFrame);
    }

    [Fact]
    public void An_empty_chunk_is_not_written_because_it_would_end_the_stream() =>
        Assert.Throws<ArgumentException>(() => FrameWriter.Write([]));

    // The end marker counts as a frame without bytes here.
    private static void Drain(FrameReader reader, ref ReadOnlySpan<byte> input, List<byte[]> read)
    {
        while (reader.Read(ref input, out ReadOnlyMemory<byte> frame, out _) is FrameStep.Frame or FrameStep.End)
        {
            read.Add(frame.ToArray());
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
