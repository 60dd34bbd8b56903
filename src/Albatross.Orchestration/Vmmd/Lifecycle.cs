using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// Where one unikernel is in its life. What follows is the only way through:
/// <code>
///   (daemon starts) ──► Queued ──► Preparing, or, of an earlier daemon: Running, or if not wanted so Stopping ──► (exit) ──► Queued
///   create ──► Preparing ──► Attaching ──► OpeningConsole ──► Starting ──► Running ──► (exit) ──► Gone
///                  │           ▲  │               │              │            │  ▲           │
///                  │ refused   │  │ failed        │ failed       │ failed     │  │ restart   │ restart on fail
///                  ▼           │  ▼               ▼              ▼            │  │           ▼
///                Gone          │ Gone            Gone           Gone   destroy│  └── WaitingToRestart ──► (timer) Attaching
///                              │                                              ▼
///                              └──────────────── replacement ───────────── Stopping ──► (exit) ──► Gone
/// </code>
/// A unikernel without devices goes past Attaching. Devices are given back at every end, also before a restart.
/// Gone is no phase but absence from <see cref="VmmdState.Unikernels"/>.
/// </summary>
public abstract record Phase
{
    private protected Phase() { }

    /// <summary>It is to run, and waits until those of a smaller startup number have been started.</summary>
    public sealed record Queued : Phase;

    /// <summary>The image is unpacked, read and compared with the settings.</summary>
    public sealed record Preparing : Phase;

    /// <summary>Its taps are made and its block devices opened.</summary>
    public sealed record Attaching : Phase;

    /// <summary>The console service opens the FIFO.</summary>
    public sealed record OpeningConsole : Phase;

    /// <summary>The tender is being started.</summary>
    public sealed record Starting : Phase;

    /// <summary>The tender runs.</summary>
    /// <param name="ProcessId">Its process.</param>
    /// <param name="Since">When it was started.</param>
    public sealed record Running(int ProcessId, DateTimeOffset Since) : Phase;

    /// <summary>The tender was told to end.</summary>
    /// <param name="ProcessId">Its process.</param>
    /// <param name="Since">When it was started.</param>
    public sealed record Stopping(int ProcessId, DateTimeOffset Since) : Phase;

    /// <summary>It ended, or could not be started, and will be started again.</summary>
    public sealed record WaitingToRestart : Phase;
}

/// <summary>The SHA-256 of an uncompressed image in lower-case hexadecimal: its key in the image store.</summary>
/// <param name="Sha256">64 hexadecimal digits.</param>
public sealed record ImageId(string Sha256);

/// <summary>One named, admitted unikernel.</summary>
/// <param name="Name">Its name, with a label.</param>
/// <param name="Incarnation">Grows with every start; an outcome that carries an older one is not ours any more.</param>
/// <param name="Type">The monitor that was asked for.</param>
/// <param name="Settings">How it runs.</param>
/// <param name="Demand">What it takes from the policies.</param>
/// <param name="Image">Its image; null while it is being prepared.</param>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="Creator">Who waits for it to run; null when answered.</param>
/// <param name="Destroyers">Who waits for its end.</param>
/// <param name="Replacement">What takes its place when it has ended; null when nothing does.</param>
/// <param name="QuickRestarts">How often in a row it was started again without having settled.</param>
/// <param name="LastEnd">How it ended last, or why it could not be started, in words; null when it never did.</param>
/// <param name="OnTrial">
/// Whether it took the place of another and has not run for <see cref="VmmdSettings.RegretWindow"/> yet: if it fails, that one comes back.
/// </param>
/// <param name="Attached">The taps of its devices while devices are attached for it; null when none are.</param>
/// <param name="IsOutdated">
/// Whether it is the tender of an earlier daemon that nobody wants, or not so: it is ended, then comes what is wanted under its name.
/// </param>
public sealed record Unikernel(
    Name Name,
    long Incarnation,
    ImageType Type,
    UnikernelSettings Settings,
    Demand Demand,
    ImageId? Image,
    Phase Phase,
    Requester? Creator,
    ImmutableArray<Requester> Destroyers,
    Replacement? Replacement = null,
    int QuickRestarts = 0,
    string? LastEnd = null,
    bool OnTrial = false,
    ImmutableArray<TapOfDevice>? Attached = null,
    bool IsOutdated = false)
{
    /// <summary>Whether nothing runs for it or is under way, but will be.</summary>
    public bool IsWaiting => Phase is Phase.Queued or Phase.WaitingToRestart;

    /// <summary>Whether a command on it is being carried out; another has to wait.</summary>
    public bool IsBusy => Creator is not null || Replacement is not null || Destroyers.Length > 0 || IsOutdated;

    /// <summary>Whether it runs and nothing is to be done about it, so that a daemon can leave it to the next one.</summary>
    public bool IsSettled => Phase is Phase.Running && !IsBusy;

    /// <summary>The process and its start, when there is one.</summary>
    public (int ProcessId, DateTimeOffset Since)? Process => Phase switch
    {
        Phase.Running running => (running.ProcessId, running.Since),
        Phase.Stopping stopping => (stopping.ProcessId, stopping.Since),
        _ => null,
    };
}

/// <summary>What a force-create puts in the place of a unikernel, which runs on until the new image is known to be good.</summary>
/// <param name="Incarnation">The incarnation that it will be.</param>
/// <param name="Type">The monitor that was asked for.</param>
/// <param name="Settings">How it will run.</param>
/// <param name="Demand">What it will take from the policies.</param>
/// <param name="Image">Its image; null while it is being prepared.</param>
/// <param name="Creator">Who waits for it to run.</param>
public sealed record Replacement(
    long Incarnation, ImageType Type, UnikernelSettings Settings, Demand Demand, ImageId? Image, Requester Creator);

/// <summary>What was asked for and acknowledged, and outlives the daemon.</summary>
/// <param name="Type">The monitor.</param>
/// <param name="Settings">How it is to run.</param>
/// <param name="Image">Its image, of which it holds a reference.</param>
public sealed record DesiredUnikernel(ImageType Type, UnikernelSettings Settings, ImageId Image);
