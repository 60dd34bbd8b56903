using Albatross.Policy;

namespace Albatross.Orchestration.Consoles;

/// <summary>
/// Bytes to lines, one value per reader. A line ends with '\n'; other bytes are kept as they are. A line longer than
/// <see cref="MaxLength"/> is cut there, marked, and the rest up to its end is dropped. Memory: at most one line.
/// </summary>
public sealed record LineSplitter
{
    /// <summary>The longest line in bytes, without the mark of a cut one.</summary>
    public const int MaxLength = 1024;

    /// <summary>Nothing has been read.</summary>
    public static readonly LineSplitter Empty = new();

    private LineSplitter() { }

    private static ReadOnlySpan<byte> CutMark => " [truncated]"u8;

    private ReadOnlyMemory<byte> Pending { get; init; }

    private bool DroppingRest { get; init; }

    /// <summary>Takes <paramref name="bytes"/> and gives the lines that they end.</summary>
    public (LineSplitter Next, ImmutableArray<ConsoleLine> Lines) Read(ReadOnlySpan<byte> bytes, DateTimeOffset instant)
    {
        var lines = ImmutableArray.CreateBuilder<ConsoleLine>();
        ReadOnlyMemory<byte> pending = Pending;
        bool dropping = DroppingRest;
        for (int end; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            if (!dropping)
            {
                lines.Add(Line(pending.Span, bytes[..end], instant));
            }

            (pending, dropping) = (default, false);
        }

        if (!dropping && pending.Length + bytes.Length > MaxLength)
        {
            lines.Add(Line(pending.Span, bytes, instant));
            (pending, dropping) = (default, true);
        }
        else if (!dropping && bytes.Length > 0)
        {
            pending = (byte[])[.. pending.Span, .. bytes];
        }

        return (new LineSplitter { Pending = pending, DroppingRest = dropping }, lines.DrainToImmutable());
    }

    /// <summary>The last line, when the writer ended without an end of line; null when nothing is left.</summary>
    public ConsoleLine? End(DateTimeOffset instant) => Pending.IsEmpty ? null : Line(Pending.Span, [], instant);

    private static ConsoleLine Line(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, DateTimeOffset instant)
    {
        byte[] text = first.Length + second.Length <= MaxLength
            ? [.. first, .. second]
            : [.. first, .. second[..(MaxLength - first.Length)], .. CutMark];
        return new ConsoleLine(instant, new RawText(text));
    }
}
