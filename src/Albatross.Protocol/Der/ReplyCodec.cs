using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>
/// The answers of Payload: Success [1], failure [2] UTF8String, Data [3] (wire specification, sections 3 and 4). A tag that no version
/// up to 2.7 uses is read as <see cref="Reply.Unknown"/>; the content below it is not looked at.
/// </summary>
internal static partial class ReplyCodec
{
    /// <summary>Success ::= CHOICE { empty [0] NULL, string [1], policies [2], block-devices [4], … info [13] }</summary>
    public static Reply ReadSuccess(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Reply reply = number switch
        {
            0 => choice.ReadNullAs(new Reply.Empty()),
            1 => new Reply.Success(choice.ReadText()),
            2 => new Reply.Policies(choice.ReadListOf(DerTag.Sequence, ReadPolicy)),
            4 => new Reply.BlockDevices(choice.ReadListOf(DerTag.Sequence, ReadBlockDevice)),
            6 => ReadImage(ref choice),
            7 => ReadOldBlockDeviceImage(ref choice),
            9 => new Reply.Unikernels(InfoForm.Version4, choice.ReadListOf(DerTag.Sequence, ReadInfo4)),
            10 => new Reply.BlockDeviceImage(choice.ReadBoolean()),
            11 => new Reply.Unikernels(InfoForm.Version5, choice.ReadListOf(DerTag.Sequence, ReadInfo5)),
            12 => new Reply.Consoles(choice.ReadListOf(DerTag.Sequence, static (ref DerReader item) => item.ReadName())),
            13 => new Reply.Unikernels(InfoForm.Current, choice.ReadListOf(DerTag.Sequence, ReadInfo)),
            _ => Unknown(ref choice, "success", number),
        };
        choice.End();
        return reply;
    }

    /// <summary>Data ::= CHOICE { statistics [1], log [2] (dropped), console [3], block [4] }</summary>
    public static Reply ReadData(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Reply reply = number switch
        {
            1 => new Reply.Statistics(StatsCodec.Read(ref choice)),
            2 => throw DerException.Malformed("support for log was dropped"),
            3 => ReadConsoleLine(ref choice),
            4 => ReadBlockData(ref choice),
            _ => Unknown(ref choice, "data", number),
        };
        choice.End();
        return reply;
    }

    // SEQUENCE { timestamp GeneralizedTime, data UTF8String }
    private static Reply.ConsoleLine ReadConsoleLine(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var line = new Reply.ConsoleLine(fields.ReadTime(), fields.ReadText());
        fields.End();
        return line;
    }

    // CHOICE { some [0] OCTET STRING, none [1] NULL }
    private static Reply ReadBlockData(ref DerReader reader)
    {
        DerReader choice = reader.EnterChoice(out int number);
        Reply reply = number switch
        {
            0 => new Reply.BlockData(choice.ReadOctets()),
            1 => choice.ReadNullAs(new Reply.BlockData(null)),
            _ => Unknown(ref choice, "block data", number),
        };
        choice.End();
        return reply;
    }

    // SEQUENCE { compressed BOOLEAN, image OCTET STRING }
    private static Reply.Image ReadImage(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var image = new Reply.Image(fields.ReadBoolean(), fields.ReadOctets());
        fields.End();
        return image;
    }

    private static Reply.OldBlockDeviceImage ReadOldBlockDeviceImage(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var image = new Reply.OldBlockDeviceImage(fields.ReadBoolean(), fields.ReadOctets());
        fields.End();
        return image;
    }

    // SEQUENCE { name Name, policy Policy }
    internal static Entry<ResourcePolicy> ReadPolicy(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var entry = new Entry<ResourcePolicy>(fields.ReadName(), PolicyCodec.Read(ref fields));
        fields.End();
        return entry;
    }

    // SEQUENCE { name Name, size OInt, active BOOLEAN }
    private static Entry<BlockDevice> ReadBlockDevice(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        Name name = fields.ReadName();
        var device = new BlockDevice(fields.ReadInteger(), fields.ReadBoolean());
        fields.End();
        return new Entry<BlockDevice>(name, device);
    }

    private static Entry<UnikernelInfo> ReadInfo(ref DerReader reader) => ReadInfo(ref reader, InfoForm.Current);

    private static Entry<UnikernelInfo> ReadInfo5(ref DerReader reader) => ReadInfo(ref reader, InfoForm.Version5);

    private static Entry<UnikernelInfo> ReadInfo4(ref DerReader reader) => ReadInfo(ref reader, InfoForm.Version4);

    // SEQUENCE { name Name, info Info }
    private static Entry<UnikernelInfo> ReadInfo(ref DerReader reader, InfoForm form)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var entry = new Entry<UnikernelInfo>(fields.ReadName(), UnikernelInfoCodec.Read(ref fields, form));
        fields.End();
        return entry;
    }

    private static Reply.Unknown Unknown(ref DerReader content, string place, int number)
    {
        content.SkipRest();
        return new Reply.Unknown($"{place} [{number}]");
    }
}
