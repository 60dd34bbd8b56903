using System.Text;
using Albatross.Orchestration.Consoles;

namespace Albatross.Tests.Orchestration;

/// <summary>Bytes to lines.</summary>
public sealed class LineSplitterTests
{
    private static readonly DateTimeOffset Now = new(2026, 8, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("a\nb\n", "[a][b]")]
    [InlineData("a\n\n\nb\n", "[a][][][b]")]
    [InlineData("\n", "[]")]
    [InlineData("a\r\nb\n", "[a\r][b]")]
    [InlineData("a\0b\n", "[a\0b]")]
    [InlineData("", "")]
    [InlineData("a", "[a]")]
    [InlineData("a\nb", "[a][b]")]
    public void Text_is_split_at_the_ends_of_lines_and_the_end_of_the_writer_is_one(string text, string lines) =>
        Assert.Equal(lines, Bracketed(Split(Encoding.UTF8.GetBytes(text), [text.Length])));

    [Fact]
    public void Bytes_that_are_no_text_are_kept()
    {
        byte[] raw = [0xff, 0x00, 0x1b, 0xfe, (byte)'\n'];

        Assert.Equal("FF001BFE", Convert.ToHexString(Assert.Single(Split(raw, [5])).Text.Bytes.Span));
    }

    [Theory]
    [InlineData(1023, 1023, false)]
    [InlineData(1024, 1024, false)]
    [InlineData(1025, 1024, true)]
    [InlineData(100_000, 1024, true)]
    public void A_line_is_cut_at_1024_bytes_and_marked(int length, int kept, bool marked)
    {
        byte[] text = [.. Enumerable.Repeat((byte)'x', length), .. "\nnext\n"u8];

        string[] expected = [new string('x', kept) + (marked ? " [truncated]" : ""), "next"];
        Assert.Equal(expected, Split(text, [text.Length]).Select(line => line.Text.ToString()));
        Assert.Equal(expected, Split(text, [1]).Select(line => line.Text.ToString()));
    }

    [Fact]
    public void A_cut_line_is_given_as_soon_as_it_is_too_long()
    {
        (LineSplitter next, ImmutableArray<ConsoleLine> lines) = LineSplitter.Empty.Read(new byte[1025], Now);

        Assert.EndsWith(" [truncated]", Assert.Single(lines).Text.ToString(), StringComparison.Ordinal);
        Assert.Null(next.End(Now));                                    // the rest of a cut line is no line
        Assert.Empty(next.Read("more of it"u8, Now).Lines);
        Assert.Empty(next.Read("more of it\n"u8, Now).Lines);
        Assert.Equal("[new]", Bracketed(next.Read("more of it\nnew\n"u8, Now).Lines));
    }

    [Fact]
    public void A_line_has_the_instant_at_which_its_end_was_read()
    {
        LineSplitter half = LineSplitter.Empty.Read("ha"u8, Now).Next;

        Assert.Equal(Now.AddSeconds(1), Assert.Single(half.Read("lf\n"u8, Now.AddSeconds(1)).Lines).Instant);
        Assert.Equal(Now.AddSeconds(2), half.End(Now.AddSeconds(2))!.Instant);
    }

    [Fact]
    public void The_reader_may_reuse_its_buffer()
    {
        byte[] buffer = "first\nhalf"u8.ToArray();
        (LineSplitter next, ImmutableArray<ConsoleLine> lines) = LineSplitter.Empty.Read(buffer, Now);
        buffer.AsSpan().Fill((byte)'?');

        Assert.Equal("[first]", Bracketed(lines));
        Assert.Equal("half", next.End(Now)!.Text.ToString());
    }

    [Fact]
    public void Any_cutting_into_reads_gives_the_same_lines()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            byte[] text = SomeText(random);
            int[] reads = [.. Enumerable.Range(0, 10).Select(_ => random.Next(1, seed % 2 == 0 ? 20 : 3000))];

            Assert.True(
                Bracketed(Split(text, [text.Length])) == Bracketed(Split(text, reads)),
                $"seed {seed}: {text.Length} bytes in reads of {string.Join(", ", reads)}");
        }
    }

    // Lines around every length that matters, and sometimes no end of line at the end.
    private static byte[] SomeText(Random random)
    {
        int[] lengths = [0, 0, 1, 7, 80, 1023, 1024, 1025, 1026, 2047, 2049, 5000];
        var text = new List<byte>();
        for (int i = random.Next(1, 12); i > 0; i--)
        {
            byte[] line = new byte[lengths[random.Next(lengths.Length)]];
            random.NextBytes(line);
            text.AddRange(line.Select(b => b == '\n' ? (byte)'n' : b));
            text.Add((byte)'\n');
        }

        return random.Next(2) == 0 ? [.. text] : [.. text.SkipLast(1)];
    }

    // Reads the text in pieces of the given sizes, over and over, and ends.
    private static List<ConsoleLine> Split(ReadOnlySpan<byte> text, int[] reads)
    {
        var lines = new List<ConsoleLine>();
        LineSplitter splitter = LineSplitter.Empty;
        for (int i = 0; !text.IsEmpty; i++)
        {
            int count = Math.Min(reads[i % reads.Length], text.Length);
            (splitter, var some) = splitter.Read(text[..count], Now);
            lines.AddRange(some);
            text = text[count..];
        }

        return splitter.End(Now) is { } last ? [.. lines, last] : lines;
    }

    private static string Bracketed(IEnumerable<ConsoleLine> lines) =>
        string.Concat(lines.Select(line => $"[{Encoding.Latin1.GetString(line.Text.Bytes.Span)}]"));
}
