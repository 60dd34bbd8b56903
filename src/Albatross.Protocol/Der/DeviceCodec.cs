using Albatross.Policy;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>
/// The shared types below configurations and infos (wire specification, section 3: Typ, FailBehaviour, Blocks, Bridges, Argv).
/// </summary>
internal static class DeviceCodec
{
    /// <summary>Typ ::= CHOICE { solo5 [0] NULL, bhyve [1] NULL }</summary>
    public static ImageType ReadType(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        ImageType type = number switch
        {
            0 => choice.ReadNullAs(ImageType.Solo5),
            1 => choice.ReadNullAs(ImageType.Bhyve),
            _ => throw DerException.Malformed($"unknown image type [{number}]"),
        };
        choice.End();
        return type;
    }

    public static void WriteType(DerWriter writer, ImageType type) => writer.WriteTaggedNull(type == ImageType.Solo5 ? 0 : 1);

    /// <summary>FailBehaviour ::= CHOICE { quit [0] NULL, restart [1] SET OF OInt }</summary>
    public static FailBehaviour ReadFailBehaviour(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        FailBehaviour behaviour = number switch
        {
            0 => choice.ReadNullAs(new FailBehaviour.Quit()),
            1 => new FailBehaviour.Restart(choice.ReadIntegerSet(DerTag.Set)),
            _ => throw DerException.Malformed($"unknown fail behaviour [{number}]"),
        };
        choice.End();
        return behaviour;
    }

    public static void WriteFailBehaviour(DerWriter writer, FailBehaviour behaviour)
    {
        if (behaviour is not FailBehaviour.Restart restart)
        {
            writer.WriteTaggedNull(0);
            return;
        }

        using (writer.EnterTag(1))
        {
            WriteIntegerSet(writer, restart.ExitCodes);
        }
    }

    /// <summary>SET OF OInt.</summary>
    public static void WriteIntegerSet(DerWriter writer, ValueSet<long> values) =>
        writer.WriteSetOf(values, static (writer, value) => writer.WriteInteger(value));

    /// <summary>blocks [0] SET OF SEQUENCE { name UTF8String, device UTF8String OPTIONAL, sector-size OInt OPTIONAL } OPTIONAL</summary>
    public static ImmutableArray<BlockAttachment> ReadBlocks(ref DerReader reader) =>
        reader.ReadTagged<ImmutableArray<BlockAttachment>>(0, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadBlock), []);

    /// <summary>bridges [1] SET OF SEQUENCE { netif UTF8String, bridge UTF8String OPTIONAL, mac Mac OPTIONAL } OPTIONAL</summary>
    public static ImmutableArray<NetAttachment> ReadNets(ref DerReader reader) =>
        reader.ReadTagged<ImmutableArray<NetAttachment>>(1, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadNet), []);

    /// <summary>arguments [2] SEQUENCE OF UTF8String OPTIONAL</summary>
    public static ImmutableArray<RawText>? ReadArguments(ref DerReader reader) =>
        reader.ReadTagged<ImmutableArray<RawText>?>(2, static (ref DerReader list) => list.ReadTexts(), null);

    /// <summary>A tagged UTF8String OPTIONAL.</summary>
    public static RawText? ReadTaggedText(ref DerReader reader, int number) =>
        reader.ReadTagged<RawText?>(number, static (ref DerReader text) => text.ReadText(), null);

    /// <summary>A tagged OInt OPTIONAL that means 1 when it is missing: the number of virtual CPUs.</summary>
    public static long ReadTaggedCpus(ref DerReader reader, int number) =>
        reader.ReadTagged(number, static (ref DerReader integer) => integer.ReadInteger(), 1);

    /// <summary>Left out when there are none.</summary>
    public static void WriteBlocks(DerWriter writer, ImmutableArray<BlockAttachment> blocks) =>
        WriteTaggedSet(writer, 0, blocks, WriteBlock);

    /// <summary>Left out when there are none.</summary>
    public static void WriteNets(DerWriter writer, ImmutableArray<NetAttachment> nets) => WriteTaggedSet(writer, 1, nets, WriteNet);

    /// <summary>Left out when null; an empty list is written.</summary>
    public static void WriteArguments(DerWriter writer, ImmutableArray<RawText>? arguments)
    {
        if (arguments is { } list)
        {
            using (writer.EnterTag(2))
            {
                writer.WriteSequenceOf(list, static (writer, argument) => writer.WriteText(argument));
            }
        }
    }

    /// <summary>An EXPLICIT tag over a SET OF, left out when the set is empty.</summary>
    public static void WriteTaggedSet<T>(DerWriter writer, int number, ImmutableArray<T> items, Action<DerWriter, T> write)
    {
        if (!items.IsDefaultOrEmpty)
        {
            using (writer.EnterTag(number))
            {
                writer.WriteSetOf(items, write);
            }
        }
    }

    /// <summary>The number of virtual CPUs, always written, and the boot partition when there is one.</summary>
    public static void WriteCpusAndPartition(DerWriter writer, int number, long cpus, RawText? partition)
    {
        using (writer.EnterTag(number))
        {
            writer.WriteInteger(cpus);
        }

        if (partition is { } text)
        {
            using (writer.EnterTag(number + 1))
            {
                writer.WriteText(text);
            }
        }
    }

    private static BlockAttachment ReadBlock(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var block = new BlockAttachment(fields.ReadText(), fields.ReadOptionalText(), fields.ReadOptionalInteger());
        fields.End();
        return block;
    }

    private static NetAttachment ReadNet(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var net = new NetAttachment(fields.ReadText(), fields.ReadOptionalText(), fields.ReadOptionalMac());
        fields.End();
        return net;
    }

    private static void WriteBlock(DerWriter writer, BlockAttachment block)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(block.Name);
            if (block.HostDevice is { } device)
            {
                writer.WriteText(device);
            }

            if (block.SectorSize is { } sectorSize)
            {
                writer.WriteInteger(sectorSize);
            }
        }
    }

    private static void WriteNet(DerWriter writer, NetAttachment net)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(net.Name);
            if (net.Bridge is { } bridge)
            {
                writer.WriteText(bridge);
            }

            if (net.Mac is { } mac)
            {
                writer.WriteMac(mac);
            }
        }
    }
}
