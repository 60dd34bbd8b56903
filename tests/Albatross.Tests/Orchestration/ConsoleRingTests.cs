using System.Globalization;
using Albatross.Orchestration.Consoles;
using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>The last 1024 lines. Line number n was read n seconds after the start.</summary>
public sealed class ConsoleRingTests
{
    private static readonly DateTimeOffset Start = new(2026, 8, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(5, 2, "3 4")]
    [InlineData(5, 5, "0 1 2 3 4")]
    [InlineData(5, 6, "0 1 2 3 4")]
    [InlineData(5, 0, "")]
    [InlineData(5, -1, "")]
    [InlineData(5, long.MinValue, "")]
    [InlineData(5, long.MaxValue, "0 1 2 3 4")]
    [InlineData(0, 20, "")]
    public void A_count_gives_the_last_lines_oldest_first(int lines, long count, string numbers)
    {
        // Weak spot 16.4 of the original: a negative count never ends and takes all memory.
        ConsoleRing ring = ConsoleRing.Empty.With(Lines(0, lines));

        Assert.Equal(numbers, Numbers(ring.From(new ConsoleStart.Count(count))));
    }

    [Theory]
    [InlineData(0, "0 1 2 3 4")]
    [InlineData(2, "2 3 4")]
    [InlineData(2.5, "3 4")]
    [InlineData(4, "4")]
    [InlineData(4.001, "")]
    [InlineData(-1000, "0 1 2 3 4")]
    public void An_instant_gives_the_lines_that_are_not_older(double seconds, string numbers)
    {
        ConsoleRing ring = ConsoleRing.Empty.With(Lines(0, 5));

        Assert.Equal(numbers, Numbers(ring.From(new ConsoleStart.Since(Start.AddSeconds(seconds)))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(5000)]
    public void The_last_1024_lines_are_kept_however_they_came(int batch)
    {
        ConsoleRing ring = ConsoleRing.Empty;
        for (int at = 0; at < 5000; at += batch)
        {
            ring = ring.With(Lines(at, Math.Min(batch, 5000 - at)));
        }

        string last = string.Join(' ', Enumerable.Range(5000 - 1024, 1024));
        Assert.Equal(last, Numbers(ring.From(new ConsoleStart.Count(long.MaxValue))));
        Assert.Equal(last, Numbers(ring.From(new ConsoleStart.Since(Start))));
    }

    [Fact]
    public void A_ring_is_empty_until_a_line_comes()
    {
        Assert.True(ConsoleRing.Empty.IsEmpty);
        Assert.Same(ConsoleRing.Empty, ConsoleRing.Empty.With([]));
        Assert.False(ConsoleRing.Empty.With(Lines(0, 1)).IsEmpty);
    }

    [Fact]
    public void A_ring_is_a_value()
    {
        ConsoleRing before = ConsoleRing.Empty.With(Lines(0, 1));
        ConsoleRing after = before.With(Lines(1, 1));

        Assert.Equal(("0", "0 1"), (Numbers(before.From(new ConsoleStart.Count(9))), Numbers(after.From(new ConsoleStart.Count(9)))));
    }

    private static ImmutableArray<ConsoleLine> Lines(int first, int count) => [.. Enumerable.Range(first, count).Select(Line)];

    private static ConsoleLine Line(int number) => new(Start.AddSeconds(number), RawText.Of(number.ToString(CultureInfo.InvariantCulture)));

    private static string Numbers(ImmutableArray<ConsoleLine> lines) => string.Join(' ', lines.Select(line => line.Text));
}
