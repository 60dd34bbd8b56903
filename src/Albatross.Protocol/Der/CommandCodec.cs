using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>
/// Command ::= CHOICE { console [0], statistics [1], log [2] (dropped), unikernel [3], policy [4], block [5] } and the commands below
/// (wire specification, sections 3 and 4). A tag that no version up to 2.7 uses is read as <see cref="Command.Unknown"/>, so that a newer
/// peer gets an answer; the content below it is not looked at. A known tag with other content is malformed.
/// </summary>
internal static partial class CommandCodec
{
    // No version of the original uses it; the largest number of one byte.
    private const int PolicyAddAllTag = 30;

    public static Command Read(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => ReadConsole(ref choice),
            1 => ReadStatistics(ref choice),
            2 => throw DerException.Malformed("support for log was dropped"),
            3 => ReadUnikernel(ref choice),
            4 => ReadPolicy(ref choice),
            5 => ReadBlock(ref choice),
            _ => Unknown(ref choice, "command", number),
        };
        choice.End();
        return command;
    }

    // ConsoleCmd ::= CHOICE { add [0] OInt, subscribe [2] SinceCount, inactive [3] NULL }
    private static Command ReadConsole(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => new Command.ConsoleAdd(choice.ReadInteger()),
            2 => ReadSubscribe(ref choice),
            3 => choice.ReadNullAs(new Command.ConsoleInactive()),
            _ => Unknown(ref choice, "console command", number),
        };
        choice.End();
        return command;
    }

    // SinceCount ::= CHOICE { since [0] GeneralizedTime, count [1] OInt }
    private static Command ReadSubscribe(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => new Command.ConsoleSubscribe(new ConsoleStart.Since(choice.ReadTime())),
            1 => new Command.ConsoleSubscribe(new ConsoleStart.Count(choice.ReadInteger())),
            _ => Unknown(ref choice, "console subscribe", number),
        };
        choice.End();
        return command;
    }

    // StatsCmd ::= CHOICE { add [0] StatsAdd, remove [1] NULL, subscribe [2] NULL, initial [3] NULL }
    private static Command ReadStatistics(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => ReadStatisticsAdd(ref choice),
            1 => choice.ReadNullAs(new Command.StatisticsRemove()),
            2 => choice.ReadNullAs(new Command.StatisticsSubscribe()),
            3 => choice.ReadNullAs(new Command.StatisticsInitial()),
            _ => Unknown(ref choice, "statistics command", number),
        };
        choice.End();
        return command;
    }

    // StatsAdd ::= SEQUENCE { vmmdev UTF8String, pid OInt, network SEQUENCE OF SEQUENCE { bridge UTF8String, tap UTF8String } }
    private static Command.StatisticsAdd ReadStatisticsAdd(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var add = new Command.StatisticsAdd(fields.ReadText(), fields.ReadInteger(), fields.ReadListOf(DerTag.Sequence, ReadTap));
        fields.End();
        return add;
    }

    private static TapOfDevice ReadTap(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var tap = new TapOfDevice(fields.ReadText(), fields.ReadText());
        fields.End();
        return tap;
    }

    // UnikernelCmd ::= CHOICE { … }: create and force-create of three generations, restart, info of three generations, destroy, get
    private static Command ReadUnikernel(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            3 => choice.ReadNullAs(new Command.UnikernelDestroy()),
            9 => new Command.UnikernelCreate(UnikernelConfigHistory.ReadVersion3(ref choice), OnConflict.Refuse),
            10 => new Command.UnikernelCreate(UnikernelConfigHistory.ReadVersion3(ref choice), OnConflict.Replace),
            11 => new Command.UnikernelGet(choice.ReadInteger()),
            14 => ReadRestart(ref choice),
            15 => choice.ReadNullAs(new Command.UnikernelInfo(InfoForm.Version4)),
            16 => new Command.UnikernelCreate(UnikernelConfigHistory.ReadVersion4(ref choice), OnConflict.Refuse),
            17 => new Command.UnikernelCreate(UnikernelConfigHistory.ReadVersion4(ref choice), OnConflict.Replace),
            18 => choice.ReadNullAs(new Command.UnikernelInfo(InfoForm.Version5)),
            19 => choice.ReadNullAs(new Command.UnikernelInfo(InfoForm.Current)),
            20 => new Command.UnikernelCreate(UnikernelConfigCodec.Read(ref choice), OnConflict.Refuse),
            21 => new Command.UnikernelCreate(UnikernelConfigCodec.Read(ref choice), OnConflict.Replace),
            _ => Unknown(ref choice, "unikernel command", number),
        };
        choice.End();
        return command;
    }

    // RestartArgs ::= CHOICE { none [0] NULL, args-v0 [1], args-v1 [2], args [3] Arguments }
    private static Command ReadRestart(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => choice.ReadNullAs(new Command.UnikernelRestart(null)),
            1 => new Command.UnikernelRestart(UnikernelConfigHistory.ReadArguments0(ref choice)),
            2 => new Command.UnikernelRestart(UnikernelConfigHistory.ReadArguments1(ref choice)),
            3 => new Command.UnikernelRestart(UnikernelConfigCodec.ReadSettings(ref choice)),
            _ => Unknown(ref choice, "restart arguments", number),
        };
        choice.End();
        return command;
    }

    // PolicyCmd ::= CHOICE { info [0] NULL, add [1] Policy, remove [2] NULL } and of ours add-all [30] as the policies of a reply
    private static Command ReadPolicy(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => choice.ReadNullAs(new Command.PolicyInfo()),
            1 => new Command.PolicyAdd(PolicyCodec.Read(ref choice)),
            2 => choice.ReadNullAs(new Command.PolicyRemove()),
            PolicyAddAllTag => new Command.PolicyAddAll(choice.ReadListOf(DerTag.Sequence, ReplyCodec.ReadPolicy)),
            _ => Unknown(ref choice, "policy command", number),
        };
        choice.End();
        return command;
    }

    // BlockCmd ::= CHOICE { info [0] NULL, add [1] OInt, remove [2] NULL, old-add [3], old-set [4], old-dump [5] OInt, dump [6] OInt,
    // set [7] BOOLEAN }
    private static Command ReadBlock(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Command command = number switch
        {
            0 => choice.ReadNullAs(new Command.BlockInfo()),
            1 => new Command.BlockAdd(choice.ReadInteger()),
            2 => choice.ReadNullAs(new Command.BlockRemove()),
            3 => ReadBlockOldAdd(ref choice),
            4 => ReadBlockOldSet(ref choice),
            5 => new Command.BlockOldDump(choice.ReadInteger()),
            6 => new Command.BlockDump(choice.ReadInteger()),
            7 => new Command.BlockSet(choice.ReadBoolean()),
            _ => Unknown(ref choice, "block command", number),
        };
        choice.End();
        return command;
    }

    // SEQUENCE { size OInt, compress BOOLEAN, data OCTET STRING OPTIONAL }
    private static Command.BlockOldAdd ReadBlockOldAdd(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        long sizeMib = fields.ReadInteger();
        bool compressed = fields.ReadBoolean();
        ReadOnlyMemory<byte>? data = fields.ReadOptionalOctets();
        fields.End();
        return new Command.BlockOldAdd(sizeMib, compressed, data);
    }

    // SEQUENCE { compress BOOLEAN, data OCTET STRING }
    private static Command.BlockOldSet ReadBlockOldSet(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var set = new Command.BlockOldSet(fields.ReadBoolean(), fields.ReadOctets());
        fields.End();
        return set;
    }

    private static Command.Unknown Unknown(ref DerReader content, string place, int number)
    {
        content.SkipRest();
        return new Command.Unknown($"{place} [{number}]");
    }
}
