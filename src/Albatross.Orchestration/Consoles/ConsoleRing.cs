using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Consoles;

/// <summary>
/// The last <see cref="Capacity"/> lines of a console. Kept as the batches in which they were read, so that adding costs the
/// batch and not the ring; a batch that is no longer needed goes as a whole.
/// </summary>
public sealed record ConsoleRing
{
    /// <summary>How many lines are kept, as by the original.</summary>
    public const int Capacity = 1024;

    /// <summary>No lines.</summary>
    public static readonly ConsoleRing Empty = new();

    private ConsoleRing() { }

    private ImmutableQueue<ImmutableArray<ConsoleLine>> Batches { get; init; } = ImmutableQueue<ImmutableArray<ConsoleLine>>.Empty;

    private int Held { get; init; }

    /// <summary>Whether there are no lines.</summary>
    public bool IsEmpty => Held == 0;

    /// <summary>With <paramref name="lines"/> at the end.</summary>
    public ConsoleRing With(ImmutableArray<ConsoleLine> lines)
    {
        if (lines.IsEmpty)
        {
            return this;
        }

        ImmutableQueue<ImmutableArray<ConsoleLine>> batches = Batches.Enqueue(lines);
        int held = Held + lines.Length;
        while (held - batches.Peek().Length >= Capacity)
        {
            held -= batches.Peek().Length;
            batches = batches.Dequeue();
        }

        return new ConsoleRing { Batches = batches, Held = held };
    }

    /// <summary>The kept lines from <paramref name="start"/> on, oldest first.</summary>
    public ImmutableArray<ConsoleLine> From(ConsoleStart start)
    {
        var kept = Batches.SelectMany(batch => batch).Skip(Math.Max(0, Held - Capacity));
        int count = Math.Min(Held, Capacity);
        return start switch
        {
            ConsoleStart.Since since => [.. kept.Where(line => line.Instant >= since.Instant)],
            ConsoleStart.Count last => [.. kept.Skip(count - (int)Math.Clamp(last.Lines, 0, count))],
            _ => throw new UnreachableException($"a console cannot start at {start.GetType().Name}"),
        };
    }
}
