namespace Albatross.Orchestration.Simulation;

/// <summary>How often a simulated host does something wrong, each in a thousand.</summary>
/// <param name="No">An effect fails.</param>
/// <param name="Slow">An effect takes seconds to minutes.</param>
/// <param name="Cut">The daemon is killed right before or right after an effect has happened.</param>
/// <param name="End">A tender ends by itself while something else happens.</param>
/// <param name="Deaf">A tender ignores SIGTERM.</param>
/// <param name="HalfStored">Of the state that could not be stored: it is on the disk all the same.</param>
internal sealed record FaultChances(int No, int Slow, int Cut, int End, int Deaf, int HalfStored)
{
    /// <summary>A host that does what it is asked.</summary>
    public static readonly FaultChances Never = new(0, 0, 0, 0, 0, 0);

    /// <summary>A bad day.</summary>
    public static readonly FaultChances Often = new(No: 110, Slow: 60, Cut: 8, End: 80, Deaf: 250, HalfStored: 200);
}
