using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Everything that vmmd can ask of the host. The comment of each case names the inputs that answer it.</summary>
public abstract record VmmdEffect
{
    private protected VmmdEffect() { }

    /// <summary>Answer a command. No answering input; a connection that is gone is ignored.</summary>
    /// <param name="To">Who asked.</param>
    /// <param name="Answer">The answer.</param>
    /// <param name="After">What becomes of the connection.</param>
    public sealed record Reply(Requester To, Protocol.Commands.Reply Answer, Connection After) : VmmdEffect;

    /// <summary>Unpack, hash, read and store an image. Answered by ImagePrepared or ImageRefused.</summary>
    public sealed record PrepareImage(Name Name, long Incarnation, UnikernelConfig Config) : VmmdEffect;

    /// <summary>
    /// Compare an image of the store with settings and take a reference to it. Answered by ImagePrepared or ImageRefused.
    /// </summary>
    public sealed record CheckImage(Name Name, long Incarnation, ImageId Image, UnikernelSettings Settings) : VmmdEffect;

    /// <summary>Take one more reference to an image of which one is held. Not answered.</summary>
    public sealed record RetainImage(ImageId Image) : VmmdEffect;

    /// <summary>Give up one reference to a stored image; without the last one it is removed. Not answered.</summary>
    public sealed record ReleaseImage(ImageId Image) : VmmdEffect;

    /// <summary>Answer a command with an image; of a stored image that is read before anything else happens. Not answered.</summary>
    /// <param name="To">Who asked.</param>
    /// <param name="Image">The image.</param>
    /// <param name="Level">How much it is to be compressed: 0 (not at all) to 9.</param>
    public sealed record SendImage(Requester To, ImageId Image, int Level) : VmmdEffect;

    /// <summary>Store what is wanted, so that it outlives the daemon and the host. Answered by Stored or StoreFailed.</summary>
    /// <param name="Version">Grows with every change.</param>
    /// <param name="State">What is wanted.</param>
    /// <param name="Delay">How long to wait before: none but after a failure.</param>
    public sealed record Store(long Version, DesiredState State, TimeSpan Delay) : VmmdEffect;

    /// <summary>
    /// Make a tap on its bridge for every interface and open every block device: all of them or none. What was attached stays so until
    /// DetachDevices, whatever becomes of the tender. Answered by DevicesAttached or DevicesFailed.
    /// </summary>
    public sealed record AttachDevices(Name Name, long Incarnation, DeviceOrder Devices) : VmmdEffect;

    /// <summary>Remove the taps and close the block devices of a start. Not answered.</summary>
    public sealed record DetachDevices(Name Name, long Incarnation) : VmmdEffect;

    /// <summary>
    /// Make a sparse block device, with content if there is any: whole or not at all. Answered by BlockDone or BlockFailed.
    /// </summary>
    /// <param name="Name">The block device.</param>
    /// <param name="SizeMib">Its size in MiB.</param>
    /// <param name="Content">What it begins with; null leaves it empty.</param>
    public sealed record MakeBlock(Name Name, long SizeMib, BlockContent? Content) : VmmdEffect;

    /// <summary>
    /// Replace the content of a block device; when that fails, the content that was there stays. Answered by BlockDone or BlockFailed.
    /// </summary>
    /// <param name="Name">The block device.</param>
    /// <param name="SizeMib">Its size in MiB, which stays.</param>
    /// <param name="Content">The new content.</param>
    public sealed record FillBlock(Name Name, long SizeMib, BlockContent Content) : VmmdEffect;

    /// <summary>
    /// Answer a command with the content of a block device, to its end or to the failure of it. Answered by BlockDone or BlockFailed too.
    /// </summary>
    /// <param name="Name">The block device.</param>
    /// <param name="To">Who asked.</param>
    /// <param name="Level">How much it is to be compressed: 0 (not at all) to 9.</param>
    /// <param name="IsWhole">Whether one answer is to have all of it (the old form), and no stream.</param>
    public sealed record SendBlock(Name Name, Requester To, int Level, bool IsWhole) : VmmdEffect;

    /// <summary>Remove a block device. Answered by BlockDone or BlockFailed.</summary>
    public sealed record RemoveBlock(Name Name) : VmmdEffect;

    /// <summary>
    /// Give up what is being done to a block device, if it waits for a peer. Not answered: what it gives up is, by its BlockFailed.
    /// </summary>
    public sealed record GiveBlockUp(Name Name) : VmmdEffect;

    /// <summary>Make the FIFO and tell the console service. Answered by ConsoleOpened or ConsoleFailed.</summary>
    /// <param name="Name">The unikernel.</param>
    /// <param name="Incarnation">The start that it is for.</param>
    /// <param name="Unikernels">How many consoles the path may keep.</param>
    public sealed record OpenConsole(Name Name, long Incarnation, long Unikernels) : VmmdEffect;

    /// <summary>Tell a console service that was started anew about a FIFO that is in use. Not answered.</summary>
    /// <param name="Name">The unikernel.</param>
    /// <param name="Unikernels">How many consoles the path may keep.</param>
    public sealed record ReopenConsole(Name Name, long Unikernels) : VmmdEffect;

    /// <summary>
    /// Start the tender, with the devices that are attached for it, and note its origin so that the next daemon finds both. Answered by
    /// TenderStarted and then TenderExited, or by TenderFailed.
    /// </summary>
    public sealed record StartTender(Name Name, long Incarnation, TenderStart Start, TenderOrigin Origin) : VmmdEffect;

    /// <summary>Send a signal to the tender. Not answered; one that has ended is ignored.</summary>
    public sealed record SignalTender(Name Name, long Incarnation, TenderSignal Signal) : VmmdEffect;

    /// <summary>Remove what the host holds for a unikernel that is gone: FIFO and record. Not answered.</summary>
    public sealed record RemoveTraces(Name Name) : VmmdEffect;

    /// <summary>Tell the statistics service. Not answered; without one it is forgotten.</summary>
    public sealed record TellStatistics(Name Name, Command Command) : VmmdEffect;

    /// <summary>Answered by TimerFired when the span is over.</summary>
    public sealed record WakeAfter(Name Name, long Incarnation, Alarm For, TimeSpan Delay) : VmmdEffect;

    /// <summary>Say in the log why something was given up that nobody waits for. Not answered.</summary>
    public sealed record Report(Name Name, string Text) : VmmdEffect;

    /// <summary>Nothing runs any more, or only what the next daemon takes over: the daemon may end.</summary>
    public sealed record Finished : VmmdEffect;
}

/// <summary>What becomes of a connection after an answer.</summary>
public enum Connection
{
    /// <summary>It is closed.</summary>
    Close = 0,

    /// <summary>Another command may follow (after a policy was added).</summary>
    KeepOpen = 1,
}

/// <summary>What a span is waited for.</summary>
public enum Alarm
{
    /// <summary>The next start.</summary>
    Restart = 0,

    /// <summary>The end of a tender that was asked to end.</summary>
    Kill = 1,

    /// <summary>A replacement that has run long enough.</summary>
    Regret = 2,
}

/// <summary>The two ways of ending a tender.</summary>
public enum TenderSignal
{
    /// <summary>SIGTERM.</summary>
    Terminate = 15,

    /// <summary>SIGKILL.</summary>
    Kill = 9,
}

/// <summary>Everything that a tender's start needs to know.</summary>
/// <param name="Image">The stored image.</param>
/// <param name="MemoryMib">Guest memory in MiB.</param>
/// <param name="CpuIds">Host CPUs to run on.</param>
/// <param name="CommandLine">What the guest finds as its command line; secret.</param>
public sealed record TenderStart(ImageId Image, long MemoryMib, ValueSet<long> CpuIds, ReadOnlyMemory<byte> CommandLine)
{
    // The command line is secret; the generated text of a record would print its length only, but say so on purpose.
    /// <inheritdoc/>
    public override string ToString() => $"{Image.Sha256[..12]}, {MemoryMib} MiB, CPUs {CpuIds}";
}
