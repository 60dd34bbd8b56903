using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Consoles;

/// <summary>Everything that can happen to the console service.</summary>
public abstract record ConsoleInput
{
    private protected ConsoleInput() { }

    /// <summary>A command has arrived.</summary>
    public sealed record CommandReceived(Requester From, Command Command) : ConsoleInput;

    /// <summary>A FIFO is being read.</summary>
    /// <param name="From">Who asked for it.</param>
    /// <param name="Unikernels">How many consoles the path may keep.</param>
    /// <param name="Reader">The shell's number of this reading, never used again.</param>
    public sealed record FifoOpened(Requester From, long Unikernels, long Reader) : ConsoleInput;

    /// <summary>A FIFO is being read already: vmmd was started anew and tells of its unikernels again.</summary>
    /// <param name="From">Who asked for it.</param>
    public sealed record FifoKept(Requester From) : ConsoleInput;

    /// <summary>A FIFO cannot be read.</summary>
    public sealed record FifoFailed(Requester From, Refusal Refusal) : ConsoleInput;

    /// <summary>A unikernel has printed.</summary>
    public sealed record BytesRead(Name Name, long Reader, ReadOnlyMemory<byte> Bytes, DateTimeOffset At) : ConsoleInput;

    /// <summary>Nobody can write to the FIFO any more.</summary>
    public sealed record FifoEnded(Name Name, long Reader, DateTimeOffset At) : ConsoleInput;

    /// <summary>A connection is gone, or its subscriber sent something, which ends a subscription.</summary>
    public sealed record SubscriberLeft(Requester Subscriber) : ConsoleInput;
}

/// <summary>Everything that the console service can ask of the host.</summary>
public abstract record ConsoleEffect
{
    private protected ConsoleEffect() { }

    /// <summary>Answer a command.</summary>
    public sealed record Reply(Requester To, Protocol.Commands.Reply Answer, Connection After) : ConsoleEffect;

    /// <summary>Read the FIFO of the name in the header. Answered by FifoOpened or FifoFailed.</summary>
    public sealed record OpenFifo(Requester From, long Unikernels) : ConsoleEffect;

    /// <summary>Send lines to a subscriber, in order; one that cannot take them is disconnected.</summary>
    public sealed record Send(Requester To, ImmutableArray<ConsoleLine> Lines) : ConsoleEffect;

    /// <summary>End a subscription from our side.</summary>
    public sealed record Disconnect(Requester Subscriber) : ConsoleEffect;
}
