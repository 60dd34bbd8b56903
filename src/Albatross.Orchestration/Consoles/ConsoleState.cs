using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;

namespace Albatross.Orchestration.Consoles;

/// <summary>The whole knowledge of the console service.</summary>
/// <param name="Settings">Its limits.</param>
/// <param name="Consoles">One per unikernel that prints, has printed, or is waited for.</param>
/// <param name="Clock">Counts the openings, so that the oldest console is known.</param>
public sealed record ConsoleState(ConsoleSettings Settings, ImmutableSortedDictionary<Name, UnikernelConsole> Consoles, long Clock)
{
    /// <summary>A service that has just started.</summary>
    public static ConsoleState Initial(ConsoleSettings settings) =>
        new(settings, ImmutableSortedDictionary<Name, UnikernelConsole>.Empty, Clock: 0);
}

/// <summary>The limits of the console service.</summary>
/// <param name="MaxSubscribers">Subscribers of one console; a further one takes the place of the oldest.</param>
/// <param name="MaxConsoles">Consoles in all; over it the oldest one goes that nobody writes to.</param>
public sealed record ConsoleSettings(int MaxSubscribers, int MaxConsoles)
{
    /// <summary>Five subscribers a console, 10,000 consoles.</summary>
    public static readonly ConsoleSettings Default = new(5, 10_000);
}

/// <summary>The console of one unikernel.</summary>
/// <param name="Ring">Its last lines.</param>
/// <param name="Readers">The FIFOs that are being read, and their unfinished lines; usually one.</param>
/// <param name="Subscribers">Who follows it, the oldest first.</param>
/// <param name="OpenedAt">The service's clock when it was opened last; 0 when never.</param>
public sealed record UnikernelConsole(
    ConsoleRing Ring, ImmutableDictionary<long, LineSplitter> Readers, ImmutableList<Requester> Subscribers, long OpenedAt)
{
    /// <summary>Nobody prints, nobody follows.</summary>
    public static readonly UnikernelConsole Empty = new(ConsoleRing.Empty, ImmutableDictionary<long, LineSplitter>.Empty, [], OpenedAt: 0);

    /// <summary>Whether a unikernel may write to it.</summary>
    public bool IsActive => !Readers.IsEmpty;

    /// <summary>Whether nothing would be lost without it.</summary>
    public bool IsUseless => !IsActive && Ring.IsEmpty && Subscribers.IsEmpty;
}
