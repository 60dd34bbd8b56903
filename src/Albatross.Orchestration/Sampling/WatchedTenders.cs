using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;

namespace Albatross.Orchestration.Sampling;

/// <summary>
/// What the statistics service knows of unikernels, from vmmd's words alone. One that has ended stays known for a while
/// (its "up" is 0, and an alarm can see it), then it is forgotten. Immutable.
/// </summary>
public sealed record WatchedTenders
{
    /// <summary>How long an ended unikernel stays known.</summary>
    public static readonly TimeSpan KeepEnded = TimeSpan.FromMinutes(5);

    /// <summary>How many ended unikernels stay known; names are a stranger's to choose.</summary>
    public const int MaxEnded = 1000;

    /// <summary>Nothing is known.</summary>
    public static readonly WatchedTenders None = new();

    private WatchedTenders() { }

    /// <summary>The unikernels by name.</summary>
    public ImmutableSortedDictionary<Name, WatchedTender> Tenders { get; private init; } = ImmutableSortedDictionary<Name,
        WatchedTender>.Empty;

    /// <summary>
    /// vmmd says that <paramref name="name"/> runs as <paramref name="processId"/>. Said again of a process that is known
    /// (vmmd repeats everything to a connection that is new), it changes nothing.
    /// </summary>
    /// <param name="name">The unikernel.</param>
    /// <param name="processId">Its tender.</param>
    /// <param name="at">Now; null when it may have been started long ago.</param>
    public WatchedTenders Started(Name name, int processId, DateTimeOffset? at = null)
    {
        WatchedTender? known = Tenders.GetValueOrDefault(name);
        WatchedTender now = known?.ProcessId == processId
            ? known with { EndedAt = null }
            : new WatchedTender(processId, (known?.Starts ?? 0) + 1, EndedAt: null, at, known?.QuickEnds ?? 0);
        return new WatchedTenders { Tenders = Tenders.SetItem(name, now) };
    }

    /// <summary>vmmd says that <paramref name="name"/> has ended.</summary>
    public WatchedTenders Ended(Name name, DateTimeOffset at) => Tenders.TryGetValue(name, out WatchedTender? known)
        ? new WatchedTenders { Tenders = Tenders.SetItem(name, known.End(at)) }.Forget(at)
        : this;

    /// <summary>vmmd is gone: nothing is known to run until it says so again.</summary>
    public WatchedTenders AllEnded(DateTimeOffset at) =>
        Tenders.Where(entry => entry.Value.EndedAt is null).Aggregate(this, (known, entry) => known.Ended(entry.Key, at));

    /// <summary>Without those that ended too long ago, and without the oldest ended ones when they are too many.</summary>
    public WatchedTenders Forget(DateTimeOffset now)
    {
        var old = Tenders.Where(entry => entry.Value.EndedAt is { } ended && now - ended > KeepEnded);
        var surplus = Tenders
            .Where(entry => entry.Value.EndedAt is not null)
            .OrderByDescending(entry => entry.Value.EndedAt)
            .Skip(MaxEnded);
        return new WatchedTenders { Tenders = Tenders.RemoveRange(old.Concat(surplus).Select(entry => entry.Key)) };
    }
}

/// <summary>A unikernel that the statistics service knows.</summary>
/// <param name="ProcessId">Its tender.</param>
/// <param name="Starts">How often it was started since it became known; 1 or more.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="StartedAt">When it was started; null when that was before it became known.</param>
/// <param name="QuickEnds">How often in a row it ended before it had settled.</param>
public sealed record WatchedTender(
    int ProcessId, long Starts, DateTimeOffset? EndedAt, DateTimeOffset? StartedAt = null, int QuickEnds = 0)
{
    /// <summary>Whether it ends again and again: as vmmd counts it, with its settings.</summary>
    public bool IsCrashLoop => QuickEnds >= VmmdSettings.Default.CrashLoopAfter;

    internal WatchedTender End(DateTimeOffset at) => this with
    {
        EndedAt = at,
        QuickEnds = at - StartedAt < VmmdSettings.Default.SettledAfter ? QuickEnds + 1 : 0,
    };
}
