using System.Diagnostics;
using Albatross.Protocol.Commands;
using Albatross.Protocol.State;

namespace Albatross.Client.Inspection;

/// <summary>Says what a value is, field by field, under the names of the wire specification (section 3).</summary>
internal sealed partial class Description(Outline outline, Disclosure disclosure)
{
    /// <summary>A message.</summary>
    public void Of(Wire wire) => outline.Fields(() =>
    {
        outline.Key("header");
        Of(wire.Header);
        outline.Key("payload");
        switch (wire)
        {
            case Wire.Request request:
                outline.Choice("command", () => Of(request.Command));
                break;
            case Wire.Answer answer:
                Of(answer.Reply);
                break;
            default:
                throw new UnreachableException($"wire {wire.GetType().Name} has no description");
        }
    });

    /// <summary>What stands before a command or a reply.</summary>
    public void Of(Header header) => outline.Fields(() =>
    {
        outline.Key("version").Number(Header.Version);
        outline.Key("sequence").Number64(header.Sequence);
        outline.Key("name").Word(header.Name.ToString());
    });

    /// <summary>The value of a certificate's extension.</summary>
    public void OfExtension(Command command) => outline.Fields(() =>
    {
        outline.Key("version").Number(Header.Version);
        outline.Key("command");
        Of(command);
    });

    /// <summary>A state file.</summary>
    public void Of(StoredState state) => outline.Fields(() =>
    {
        outline.Key("unikernels").List(state.Unikernels, entry => Named(entry.Key.ToString(), "value", () => Of(entry.Value)));
        outline.Key("policies").List(state.Policies, entry => Named(entry.Key.ToString(), "value", () => Of(entry.Value)));
    });

    /// <summary>A command.</summary>
    public void Of(Command command)
    {
        (string family, string choice) = NamesOf(command);
        if (command is Command.Unknown unknown)
        {
            outline.Choice(family, () => outline.Word(unknown.Where));
            return;
        }

        outline.Choice(family, () => outline.Choice(choice, () => OfContent(command)));
    }

    private static (string Family, string Choice) NamesOf(Command command) => command switch
    {
        Command.ConsoleAdd => ("console", "add"),
        Command.ConsoleSubscribe => ("console", "subscribe"),
        Command.ConsoleInactive => ("console", "inactive"),
        Command.StatisticsAdd => ("statistics", "add"),
        Command.StatisticsRemove => ("statistics", "remove"),
        Command.StatisticsSubscribe => ("statistics", "subscribe"),
        Command.StatisticsInitial => ("statistics", "initial"),
        Command.UnikernelDestroy => ("unikernel", "destroy"),
        Command.UnikernelCreate { Conflict: OnConflict.Refuse } => ("unikernel", "create"),
        Command.UnikernelCreate => ("unikernel", "force-create"),
        Command.UnikernelGet => ("unikernel", "get"),
        Command.UnikernelRestart => ("unikernel", "restart"),
        Command.UnikernelInfo info => ("unikernel", NameOf(info.Form)),
        Command.PolicyInfo => ("policy", "info"),
        Command.PolicyAdd => ("policy", "add"),
        Command.PolicyAddAll => ("policy", "add-all"),
        Command.PolicyRemove => ("policy", "remove"),
        Command.BlockInfo => ("block", "info"),
        Command.BlockAdd => ("block", "add"),
        Command.BlockRemove => ("block", "remove"),
        Command.BlockOldAdd => ("block", "old-add"),
        Command.BlockOldSet => ("block", "old-set"),
        Command.BlockOldDump => ("block", "old-dump"),
        Command.BlockDump => ("block", "dump"),
        Command.BlockSet => ("block", "set"),
        Command.Unknown => ("unknown", ""),
        _ => throw new UnreachableException($"command {command.GetType().Name} has no name"),
    };

    private static string NameOf(InfoForm form) => form switch
    {
        InfoForm.Version4 => "info4",
        InfoForm.Version5 => "info5",
        _ => "info",
    };

    private void OfContent(Command command)
    {
        switch (command)
        {
            case Command.ConsoleAdd add: outline.Number(add.Unikernels); break;
            case Command.ConsoleSubscribe { From: ConsoleStart.Count count }:
                outline.Choice("count", () => outline.Number(count.Lines));
                break;
            case Command.ConsoleSubscribe { From: ConsoleStart.Since since }:
                outline.Choice("since", () => outline.Instant(since.Instant));
                break;
            case Command.StatisticsAdd add: OfSampled(add); break;
            case Command.UnikernelCreate create: Of(create.Config); break;
            case Command.UnikernelGet get: outline.Number(get.Level); break;
            case Command.UnikernelRestart { Settings: { } settings }: Of(settings); break;
            case Command.PolicyAdd add: Of(add.Policy); break;
            case Command.PolicyAddAll all: Of(new Reply.Policies(all.Policies)); break;
            case Command.BlockAdd add: outline.Number(add.SizeMib); break;
            case Command.BlockOldAdd add: OfContent(add); break;
            case Command.BlockOldSet set: OfContent(set); break;
            case Command.BlockOldDump dump: outline.Number(dump.Level); break;
            case Command.BlockDump dump: outline.Number(dump.Level); break;
            case Command.BlockSet set: outline.Boolean(set.Compressed); break;
            default: outline.Nothing(); break;
        }
    }

    private void OfSampled(Command.StatisticsAdd add) => outline.Fields(() =>
    {
        outline.Key("vmmdev").Text(add.VmmDevice);
        outline.Key("pid").Number(add.ProcessId);
        outline.Key("network").List(add.Interfaces, tap => outline.Fields(() =>
        {
            outline.Key("bridge").Text(tap.Device);
            outline.Key("tap").Text(tap.Tap);
        }));
    });

    private void OfContent(Command.BlockOldAdd add) => outline.Fields(() =>
    {
        outline.Key("size").Number(add.SizeMib);
        outline.Key("compress").Boolean(add.Compressed);
        outline.Key("data");
        if (add.Data is { } data)
        {
            outline.Image(data, disclosure);
        }
        else
        {
            outline.Absent();
        }
    });

    private void OfContent(Command.BlockOldSet set) => outline.Fields(() =>
    {
        outline.Key("compress").Boolean(set.Compressed);
        outline.Key("data").Image(set.Data, disclosure);
    });

    private void Named(string name, string key, Action write) => outline.Fields(() =>
    {
        outline.Key("name").Word(name);
        outline.Key(key);
        write();
    });
}
