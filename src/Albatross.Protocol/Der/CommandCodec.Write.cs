using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>The writing of commands: always the newest form.</summary>
internal static partial class CommandCodec
{
    /// <exception cref="InvalidOperationException">The command is <see cref="Command.Unknown"/>, which has no encoding.</exception>
    public static void Write(DerWriter writer, Command command)
    {
        int choice = command switch
        {
            Command.ConsoleAdd or Command.ConsoleSubscribe or Command.ConsoleInactive => 0,
            Command.StatisticsAdd or Command.StatisticsRemove or Command.StatisticsSubscribe or Command.StatisticsInitial => 1,
            Command.UnikernelDestroy or Command.UnikernelCreate or Command.UnikernelGet => 3,
            Command.UnikernelRestart or Command.UnikernelInfo => 3,
            Command.PolicyInfo or Command.PolicyAdd or Command.PolicyAddAll or Command.PolicyRemove => 4,
            Command.Unknown unknown => throw new InvalidOperationException($"{unknown.Where} has no encoding"),
            _ => 5,
        };
        using (writer.EnterTag(choice))
        {
            WriteBelow(writer, command);
        }
    }

    private static void WriteBelow(DerWriter writer, Command command)
    {
        switch (command)
        {
            case Command.ConsoleAdd add: WriteInteger(writer, 0, add.Unikernels); break;
            case Command.ConsoleSubscribe subscribe: WriteSubscribe(writer, subscribe.From); break;
            case Command.ConsoleInactive: writer.WriteTaggedNull(3); break;
            case Command.StatisticsAdd add: WriteStatisticsAdd(writer, add); break;
            case Command.StatisticsRemove: writer.WriteTaggedNull(1); break;
            case Command.StatisticsSubscribe: writer.WriteTaggedNull(2); break;
            case Command.StatisticsInitial: writer.WriteTaggedNull(3); break;
            case Command.UnikernelDestroy: writer.WriteTaggedNull(3); break;
            case Command.UnikernelCreate create: WriteCreate(writer, create); break;
            case Command.UnikernelGet get: WriteInteger(writer, 11, get.Level); break;
            case Command.UnikernelRestart restart: WriteRestart(writer, restart.Settings); break;
            case Command.UnikernelInfo info: writer.WriteTaggedNull(InfoTag(info.Form)); break;
            case Command.PolicyInfo: writer.WriteTaggedNull(0); break;
            case Command.PolicyAdd add: WritePolicyAdd(writer, add.Policy); break;
            case Command.PolicyRemove: writer.WriteTaggedNull(2); break;
            case Command.PolicyAddAll all: WritePolicyAddAll(writer, all.Policies); break;
            case Command.BlockInfo: writer.WriteTaggedNull(0); break;
            case Command.BlockAdd add: WriteInteger(writer, 1, add.SizeMib); break;
            case Command.BlockRemove: writer.WriteTaggedNull(2); break;
            case Command.BlockOldAdd add: WriteBlockOldAdd(writer, add); break;
            case Command.BlockOldSet set: WriteBlockOldSet(writer, set); break;
            case Command.BlockOldDump dump: WriteInteger(writer, 5, dump.Level); break;
            case Command.BlockDump dump: WriteInteger(writer, 6, dump.Level); break;
            case Command.BlockSet set: WriteBlockSet(writer, set); break;
            default: throw new UnreachableException($"command {command.GetType().Name} has no encoding");
        }
    }

    private static int InfoTag(InfoForm form) => form switch
    {
        InfoForm.Version4 => 15,
        InfoForm.Version5 => 18,
        _ => 19,
    };

    private static void WriteInteger(DerWriter writer, int number, long value)
    {
        using (writer.EnterTag(number))
        {
            writer.WriteInteger(value);
        }
    }

    private static void WriteSubscribe(DerWriter writer, ConsoleStart from)
    {
        using (writer.EnterTag(2))
        {
            switch (from)
            {
                case ConsoleStart.Count count:
                    WriteInteger(writer, 1, count.Lines);
                    break;
                case ConsoleStart.Since since:
                    using (writer.EnterTag(0))
                    {
                        writer.WriteTime(since.Instant);
                    }

                    break;
                default:
                    throw new UnreachableException($"console start {from.GetType().Name} has no encoding");
            }
        }
    }

    private static void WriteStatisticsAdd(DerWriter writer, Command.StatisticsAdd add)
    {
        using (writer.EnterTag(0))
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(add.VmmDevice);
            writer.WriteInteger(add.ProcessId);
            writer.WriteSequenceOf(add.Interfaces, WriteTap);
        }
    }

    private static void WriteTap(DerWriter writer, TapOfDevice tap)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(tap.Device);
            writer.WriteText(tap.Tap);
        }
    }

    private static void WriteCreate(DerWriter writer, Command.UnikernelCreate create)
    {
        using (writer.EnterTag(create.Conflict == OnConflict.Refuse ? 20 : 21))
        {
            UnikernelConfigCodec.Write(writer, create.Config);
        }
    }

    private static void WriteRestart(DerWriter writer, UnikernelSettings? settings)
    {
        using (writer.EnterTag(14))
        {
            if (settings is null)
            {
                writer.WriteTaggedNull(0);
                return;
            }

            using (writer.EnterTag(3))
            {
                UnikernelConfigCodec.WriteSettings(writer, settings);
            }
        }
    }

    private static void WritePolicyAddAll(DerWriter writer, ImmutableArray<Entry<ResourcePolicy>> policies)
    {
        using (writer.EnterTag(PolicyAddAllTag))
        {
            writer.WriteSequenceOf(policies, ReplyCodec.WritePolicy);
        }
    }

    private static void WritePolicyAdd(DerWriter writer, ResourcePolicy policy)
    {
        using (writer.EnterTag(1))
        {
            PolicyCodec.Write(writer, policy);
        }
    }

    private static void WriteBlockOldAdd(DerWriter writer, Command.BlockOldAdd add)
    {
        using (writer.EnterTag(3))
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteInteger(add.SizeMib);
            writer.WriteBoolean(add.Compressed);
            if (add.Data is { } data)
            {
                writer.WriteOctets(data);
            }
        }
    }

    private static void WriteBlockOldSet(DerWriter writer, Command.BlockOldSet set)
    {
        using (writer.EnterTag(4))
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteBoolean(set.Compressed);
            writer.WriteOctets(set.Data);
        }
    }

    private static void WriteBlockSet(DerWriter writer, Command.BlockSet set)
    {
        using (writer.EnterTag(7))
        {
            writer.WriteBoolean(set.Compressed);
        }
    }
}
