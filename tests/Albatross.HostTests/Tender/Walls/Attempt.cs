using System.Collections.Immutable;
using Albatross.Guests;
using Albatross.Linux;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>The targets for which an attempt makes sense.</summary>
[Flags]
internal enum Targets
{
    Spt = 1,
    Hvt = 2,
    Both = Spt | Hvt,
}

/// <summary>A wall that stops an attempt, and the end of the program when only this one of all that stop it is in.</summary>
/// <param name="Wall">The wall.</param>
/// <param name="End">How the program ends at it.</param>
/// <param name="For">The targets that have it.</param>
internal readonly record struct Stop(Wall Wall, ProcessExit End, Targets For = Targets.Both);

/// <summary>Something that a hostile program tries.</summary>
/// <param name="Name">In words.</param>
/// <param name="Code">Writes it.</param>
/// <param name="Stops">Every wall that stops it, the outermost first; with all of them out, it succeeds.</param>
internal sealed record Attempt(string Name, Action<HostileCode> Code, params ImmutableArray<Stop> Stops)
{
    internal Targets For { get; init; } = Targets.Both;

    internal Starter Starter { get; init; } = Starter.Root;

    /// <summary>Walls that stop it too and cannot be told from those under test; out in every run but the one of the full lock-down.</summary>
    internal ImmutableArray<Wall> AlsoOut { get; init; } = [];

    /// <summary>How the program ends when nothing stops it.</summary>
    internal ProcessExit Success { get; init; } = new(ProcessExitKind.Exited, HostileCode.Done);

    /// <summary>The size of the disk when nothing stops it.</summary>
    internal long DiskAfterwards { get; init; } = HostileContext.DiskBytes;

    /// <summary>The walls that this target has.</summary>
    internal IEnumerable<Stop> StopsOf(GuestTarget target) =>
        Stops.Where(stop => stop.For.HasFlag(target == GuestTarget.Hvt ? Targets.Hvt : Targets.Spt));
}
