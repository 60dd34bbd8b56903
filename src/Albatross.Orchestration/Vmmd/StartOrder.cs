using Albatross.Policy.Names;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// The order in which a new daemon starts what an earlier one was asked for: by startup number, those of one number at once, and the next
/// number when each of them runs or has failed.
/// </summary>
/// <param name="UnderWay">Those that are being started.</param>
/// <param name="Levels">Those of the later numbers, ascending.</param>
public sealed record StartOrder(ImmutableHashSet<Name> UnderWay, ImmutableArray<ImmutableArray<Name>> Levels)
{
    /// <summary>The place of a unikernel that gives none (semantics, section 2).</summary>
    public const long DefaultStartup = 50;

    /// <summary>Everything has had its turn.</summary>
    public static readonly StartOrder Nothing = new([], []);

    /// <summary>The order for <paramref name="unikernels"/>.</summary>
    public static StartOrder Of(IEnumerable<KeyValuePair<Name, DesiredUnikernel>> unikernels) => new(
        [],
        [
            .. unikernels
                .GroupBy(entry => entry.Value.Settings.Startup ?? DefaultStartup, entry => entry.Key)
                .OrderBy(level => level.Key)
                .Select(level => level.Order().ToImmutableArray()),
        ]);

    /// <summary>Whether the next level can begin.</summary>
    public bool IsNextDue => UnderWay.IsEmpty && !Levels.IsEmpty;
}
