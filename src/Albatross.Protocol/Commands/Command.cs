using Albatross.Policy;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Commands;

/// <summary>
/// Everything that can be asked, over a socket or by a certificate (wire specification, sections 3 and 4).
/// One sealed case per choice of the grammar; old forms are read into the same cases.
/// </summary>
public abstract record Command
{
    private protected Command() { }

    /// <summary>A console of a unikernel is about to be written: open its FIFO. From vmmd to console only.</summary>
    /// <param name="Unikernels">How many consoles the path may keep; 2^62-1 for no limit.</param>
    public sealed record ConsoleAdd(long Unikernels) : Command;

    /// <summary>Send the console of the named unikernel: what is kept, then what comes.</summary>
    /// <param name="From">Where in the kept lines to begin.</param>
    public sealed record ConsoleSubscribe(ConsoleStart From) : Command;

    /// <summary>List the consoles of a path whose unikernel has ended.</summary>
    public sealed record ConsoleInactive : Command;

    /// <summary>A unikernel has started: sample it. From vmmd to stats only.</summary>
    /// <param name="VmmDevice">Empty on Linux.</param>
    /// <param name="ProcessId">The tender.</param>
    /// <param name="Interfaces">Its interfaces.</param>
    public sealed record StatisticsAdd(RawText VmmDevice, long ProcessId, ImmutableArray<TapOfDevice> Interfaces) : Command;

    /// <summary>The named unikernel has ended. From vmmd to stats only.</summary>
    public sealed record StatisticsRemove : Command;

    /// <summary>Send samples of everything at or below the name.</summary>
    public sealed record StatisticsSubscribe : Command;

    /// <summary>From stats to vmmd: roles swap, vmmd tells what runs from now on.</summary>
    public sealed record StatisticsInitial : Command;

    /// <summary>End the named unikernel.</summary>
    public sealed record UnikernelDestroy : Command;

    /// <summary>Start a unikernel.</summary>
    /// <param name="Config">What to start.</param>
    /// <param name="Conflict">What to do when one of that name runs.</param>
    public sealed record UnikernelCreate(UnikernelConfig Config, OnConflict Conflict) : Command;

    /// <summary>Send back the image.</summary>
    /// <param name="Level">zlib level 0 to 9; 0 means not compressed.</param>
    public sealed record UnikernelGet(long Level) : Command;

    /// <summary>Start the named unikernel again.</summary>
    /// <param name="Settings">What replaces its settings; null keeps them.</param>
    public sealed record UnikernelRestart(UnikernelSettings? Settings) : Command;

    /// <summary>Describe what runs at or below the name.</summary>
    /// <param name="Form">Which generation of the reply to send.</param>
    public sealed record UnikernelInfo(InfoForm Form = InfoForm.Current) : Command;

    /// <summary>List the policies at and below the path.</summary>
    public sealed record PolicyInfo : Command;

    /// <summary>Set the policy of the path.</summary>
    /// <param name="Policy">Its bounds.</param>
    public sealed record PolicyAdd(ResourcePolicy Policy) : Command;

    /// <summary>
    /// Set several policies, all or none. Ours only, from the TLS endpoint to vmmd: the original adds those of a chain one by one.
    /// </summary>
    /// <param name="Policies">Paths and their policies; labels are ignored.</param>
    public sealed record PolicyAddAll(ImmutableArray<Entry<ResourcePolicy>> Policies) : Command;

    /// <summary>Forget the policy of the path.</summary>
    public sealed record PolicyRemove : Command;

    /// <summary>List block devices at and below the name.</summary>
    public sealed record BlockInfo : Command;

    /// <summary>Make a block device.</summary>
    /// <param name="SizeMib">Its size in MiB.</param>
    public sealed record BlockAdd(long SizeMib) : Command;

    /// <summary>Delete a block device.</summary>
    public sealed record BlockRemove : Command;

    /// <summary>Old form: make a block device and fill it.</summary>
    /// <param name="SizeMib">Its size in MiB.</param>
    /// <param name="Compressed">Whether <paramref name="Data"/> is in zlib format.</param>
    /// <param name="Data">Its content; null when not given.</param>
    public sealed record BlockOldAdd(long SizeMib, bool Compressed, ReadOnlyMemory<byte>? Data) : Command;

    /// <summary>Old form: replace the content of a block device.</summary>
    /// <param name="Compressed">Whether <paramref name="Data"/> is in zlib format.</param>
    /// <param name="Data">The content.</param>
    public sealed record BlockOldSet(bool Compressed, ReadOnlyMemory<byte> Data) : Command;

    /// <summary>Old form: the whole content in one reply.</summary>
    /// <param name="Level">zlib level 0 to 9; 0 means not compressed.</param>
    public sealed record BlockOldDump(long Level) : Command;

    /// <summary>Stream the content of a block device.</summary>
    /// <param name="Level">zlib level 0 to 9; 0 means not compressed.</param>
    public sealed record BlockDump(long Level) : Command;

    /// <summary>Replace the content of a block device by the chunks that follow.</summary>
    /// <param name="Compressed">Whether the chunks are one zlib stream.</param>
    public sealed record BlockSet(bool Compressed) : Command;

    /// <summary>
    /// A choice of the grammar that this version does not know: a newer peer. Answered, never carried out, never encoded.
    /// </summary>
    /// <param name="Where">The place in the grammar and the tag, for people: <c>unikernel command [22]</c>.</param>
    public sealed record Unknown(string Where) : Command;

    /// <summary>The command's words in texts to the user, as the original prints them.</summary>
    public string Words => this switch
    {
        ConsoleAdd => "console add",
        ConsoleSubscribe => "console subscribe",
        ConsoleInactive => "list inactive consoles",
        StatisticsAdd => "stats add",
        StatisticsRemove => "stats remove",
        StatisticsSubscribe => "stats subscribe",
        StatisticsInitial => "stats initial",
        UnikernelDestroy => "unikernel destroy",
        UnikernelCreate { Conflict: OnConflict.Replace } => "unikernel force create",
        UnikernelCreate => "unikernel create",
        UnikernelGet => "unikernel get",
        UnikernelRestart => "unikernel restart",
        UnikernelInfo => "unikernel info",
        PolicyInfo => "policy info",
        PolicyAdd or PolicyAddAll => "policy add",
        PolicyRemove => "policy remove",
        BlockInfo => "block info",
        BlockAdd or BlockOldAdd => "block add",
        BlockRemove => "block remove",
        BlockSet or BlockOldSet => "block set",
        BlockDump or BlockOldDump => "block dump",
        Unknown unknown => unknown.Where,
        _ => throw new UnreachableException($"command {GetType().Name} has no words"),
    };
}

/// <summary>What a create does when a unikernel of its name runs.</summary>
public enum OnConflict
{
    /// <summary>It is refused (create).</summary>
    Refuse = 0,

    /// <summary>It takes its place (force-create).</summary>
    Replace = 1,
}

/// <summary>The generations of the info reply.</summary>
public enum InfoForm
{
    /// <summary>Since 2.7.</summary>
    Current = 0,

    /// <summary>2.4 and 2.5: one CPU, no startup (info4).</summary>
    Version4 = 4,

    /// <summary>2.6: one CPU (info5).</summary>
    Version5 = 5,
}

/// <summary>Where in the kept lines of a console a subscriber begins.</summary>
public abstract record ConsoleStart
{
    private protected ConsoleStart() { }

    /// <summary>With the first line not older than an instant.</summary>
    /// <param name="Instant">The instant.</param>
    public sealed record Since(DateTimeOffset Instant) : ConsoleStart;

    /// <summary>With the last lines.</summary>
    /// <param name="Lines">How many; the wire allows any number, a negative one counts as 0.</param>
    public sealed record Count(long Lines) : ConsoleStart;
}

/// <summary>A device of the image and the host interface that serves it.</summary>
/// <param name="Device">The device as the manifest names it (the wire calls it bridge).</param>
/// <param name="Tap">The host interface.</param>
public sealed record TapOfDevice(RawText Device, RawText Tap);
