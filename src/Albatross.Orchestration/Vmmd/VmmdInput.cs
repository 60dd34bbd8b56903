using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Everything that can happen to vmmd. Outcomes carry the incarnation that their effect carried.</summary>
public abstract record VmmdInput
{
    private protected VmmdInput() { }

    /// <summary>A command has arrived.</summary>
    /// <param name="From">Who gets the answer.</param>
    /// <param name="Command">What is asked.</param>
    public sealed record CommandReceived(Requester From, Command Command) : VmmdInput;

    /// <summary>The image is unpacked, stored (one reference is ours) and fits its settings.</summary>
    public sealed record ImagePrepared(Name Name, long Incarnation, ImageId Image) : VmmdInput;

    /// <summary>The image cannot be run.</summary>
    public sealed record ImageRefused(Name Name, long Incarnation, Refusal Refusal) : VmmdInput;

    /// <summary>The devices of a start are there.</summary>
    /// <param name="Name">The unikernel.</param>
    /// <param name="Incarnation">The start.</param>
    /// <param name="Taps">The interface of the host behind each of its own.</param>
    public sealed record DevicesAttached(Name Name, long Incarnation, ImmutableArray<TapOfDevice> Taps) : VmmdInput;

    /// <summary>A device could not be attached; none is.</summary>
    public sealed record DevicesFailed(Name Name, long Incarnation, Refusal Refusal) : VmmdInput;

    /// <summary>The console service reads the FIFO.</summary>
    public sealed record ConsoleOpened(Name Name, long Incarnation) : VmmdInput;

    /// <summary>The console service could not be told.</summary>
    public sealed record ConsoleFailed(Name Name, long Incarnation, Refusal Refusal) : VmmdInput;

    /// <summary>The tender has been started.</summary>
    public sealed record TenderStarted(Name Name, long Incarnation, int ProcessId, DateTimeOffset At) : VmmdInput;

    /// <summary>The tender could not be started.</summary>
    public sealed record TenderFailed(Name Name, long Incarnation, Refusal Refusal) : VmmdInput;

    /// <summary>The tender has ended.</summary>
    public sealed record TenderExited(Name Name, long Incarnation, ExitStatus Status, DateTimeOffset At) : VmmdInput;

    /// <summary>A span asked for by <see cref="VmmdEffect.WakeAfter"/> is over.</summary>
    public sealed record TimerFired(Name Name, long Incarnation, Alarm For) : VmmdInput;

    /// <summary>What is wanted is on the disk.</summary>
    public sealed record Stored(long Version) : VmmdInput;

    /// <summary>What is wanted could not be stored; the earlier version still is.</summary>
    public sealed record StoreFailed(long Version, Refusal Refusal) : VmmdInput;

    /// <summary>What was asked of a block device is done.</summary>
    public sealed record BlockDone(Name Name) : VmmdInput;

    /// <summary>It could not be done, and nothing was.</summary>
    public sealed record BlockFailed(Name Name, Refusal Refusal) : VmmdInput;

    /// <summary>The host has other bridges than before, or other numbers.</summary>
    /// <param name="Root">What it offers now.</param>
    public sealed record HostChanged(ResourcePolicy Root) : VmmdInput;

    /// <summary>
    /// The daemon has started: this is what an earlier one was asked for, and what still runs of it. The first input, if it comes at all.
    /// </summary>
    /// <param name="State">What is wanted. Each unikernel's image is in the store and has one reference.</param>
    /// <param name="Found">
    /// At most one of each name. Its image has one reference too, its devices are attached, and its end is told by TenderExited.
    /// </param>
    public sealed record Restored(DesiredState State, ImmutableArray<FoundTender> Found) : VmmdInput;

    /// <summary>The statistics service has connected and wants to know what runs.</summary>
    public sealed record StatisticsAttached : VmmdInput;

    /// <summary>The console service has been started anew: it reads no FIFO any more.</summary>
    public sealed record ConsoleRestarted : VmmdInput;

    /// <summary>The daemon is to stop.</summary>
    /// <param name="StopUnikernels">Whether it ends what runs; else the next daemon takes that over.</param>
    public sealed record ShutdownRequested(bool StopUnikernels) : VmmdInput;
}

/// <summary>How a tender ended.</summary>
public abstract record ExitStatus
{
    private protected ExitStatus() { }

    /// <summary>It called exit.</summary>
    /// <param name="Code">0 to 255.</param>
    public sealed record Exited(int Code) : ExitStatus;

    /// <summary>A signal ended it.</summary>
    /// <param name="Signal">The signal's number.</param>
    public sealed record Signalled(int Signal) : ExitStatus;

    /// <summary>It was no child of this daemon, and the kernel does not tell.</summary>
    public sealed record Unknown : ExitStatus;

    /// <summary>In words, as the log has it.</summary>
    public sealed override string ToString() => this switch
    {
        Unknown => "has ended, nobody knows how",
        Exited exited => $"exited with status {exited.Code}",
        Signalled signalled => $"was ended by signal {signalled.Signal}",
        _ => throw new UnreachableException(),
    };
}
