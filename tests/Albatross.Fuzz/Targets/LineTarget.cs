using Albatross.Fuzz.Harness;
using Albatross.Orchestration.Consoles;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// The splitter of console output. The first byte says into what pieces the rest is cut; the oracle splits the whole at once.
/// </summary>
internal sealed class LineTarget : FuzzTarget
{
    private const int Longest = 1024;

    public override string Name => "lines";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        [0], [1, (byte)'\n'], [2, .. "one\ntwo\r\n\nthree"u8], [3, .. new byte[1024], 10], [7, .. new byte[1025], 10, 65],
        [16, .. new byte[1024]],
        [64, .. new byte[5000], 10, 10, 255, 254], [200, .. Enumerable.Repeat((byte)10, 300)], [1, .. new byte[1025]],
    ];

    // Every piece copies the pending line, which has up to 1024 bytes; lines are small objects.
    public override long AllowedBytes(int length) => (64 << 10) + 1400L * length;

    public override Outcome Decode(byte[] input)
    {
        LineSplitter splitter = LineSplitter.Empty;
        var lines = new List<ConsoleLine>();
        ReadOnlySpan<byte> rest = input.AsSpan(Math.Min(1, input.Length));
        int cut = 0;
        for (int piece; !rest.IsEmpty; rest = rest[piece..])
        {
            piece = Math.Min(rest.Length, PieceOf(input, cut++));
            (splitter, ImmutableArray<ConsoleLine> ended) = splitter.Read(rest[..piece], DateTimeOffset.UnixEpoch);
            lines.AddRange(ended);
        }

        ConsoleLine? last = splitter.End(DateTimeOffset.UnixEpoch);
        lines.AddRange(last is null ? [] : [last]);
        return new Outcome(lines.Count > 0, $"{(lines.Count > 0 ? "lines" : "none")}{(last is null ? "" : " and an open one")}", lines);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        var ours = (List<ConsoleLine>)outcome.Value!;
        List<byte[]> expected = Split(input[Math.Min(1, input.Length)..]);
        if (ours.Count != expected.Count)
        {
            return $"{ours.Count} lines, not {expected.Count}";
        }

        for (int i = 0; i < ours.Count; i++)
        {
            if (!ours[i].Text.Bytes.Span.SequenceEqual(expected[i]))
            {
                return $"line {i} is different";
            }
        }

        return null;
    }

    private static int PieceOf(byte[] input, int cut) => input[0] switch
    {
        0 => int.MaxValue,
        < 16 => input[0],
        < 128 => 16 * input[0],
        _ => 1 + (input[0] * 37 + cut * 101) % 1500,
    };

    private static List<byte[]> Split(byte[] bytes)
    {
        var lines = new List<byte[]>();
        var line = new List<byte>();
        foreach (byte b in bytes)
        {
            if (b != '\n')
            {
                line.Add(b);
                continue;
            }

            lines.Add(Shown(line));
            line.Clear();
        }

        if (line.Count > 0)
        {
            lines.Add(Shown(line));
        }

        return lines;
    }

    private static byte[] Shown(List<byte> line) =>
        line.Count <= Longest ? [.. line] : [.. line.Take(Longest), .. " [truncated]"u8];
}
