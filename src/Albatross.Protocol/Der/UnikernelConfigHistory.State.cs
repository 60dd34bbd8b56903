using Albatross.Policy;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>
/// The configurations that only old state files have (wire specification, section 3: ConfigV0 to ConfigV2). Their devices have neither
/// host device, Ethernet address nor sector size, but for the bridge of ConfigV2.
/// </summary>
internal static partial class UnikernelConfigHistory
{
    /// <summary>
    /// ConfigV2: as ConfigV3, but blocks [0] SET OF UTF8String and
    /// bridges [1] SEQUENCE OF SEQUENCE { netif UTF8String, bridge UTF8String OPTIONAL }.
    /// </summary>
    public static UnikernelConfig ReadVersion2(ref DerReader reader) => ReadSetOfNames(
        ref reader,
        static (ref DerReader list) => list.ReadListOf(DerTag.Sequence, static (ref DerReader item) =>
        {
            DerReader fields = item.Enter(DerTag.Sequence);
            var net = new NetAttachment(fields.ReadText(), fields.ReadOptionalText(), null);
            fields.End();
            return net;
        }));

    /// <summary>ConfigV1: as ConfigV2, but bridges [1] SET OF UTF8String.</summary>
    public static UnikernelConfig ReadVersion1(ref DerReader reader) =>
        ReadSetOfNames(ref reader, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadNetName));

    /// <summary>
    /// ConfigV0 ::= SEQUENCE { cpu OInt, memory OInt, block UTF8String OPTIONAL, network-interfaces SEQUENCE OF UTF8String OPTIONAL,
    /// image CHOICE { hvt-amd64 [0], hvt-arm64 [1], hvt-amd64-compressed [2] }, arguments SEQUENCE OF UTF8String OPTIONAL }
    /// </summary>
    public static UnikernelConfig ReadVersion0(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        long cpuId = fields.ReadInteger();
        long memoryMib = fields.ReadInteger();
        ImmutableArray<BlockAttachment> blocks = fields.NextIs(DerTag.Utf8String) ? [ReadBlockName(ref fields)] : [];
        ImmutableArray<NetAttachment> nets = fields.NextIs(DerTag.Sequence) ? fields.ReadListOf(DerTag.Sequence, ReadNetName) : [];
        ReadOnlyMemory<byte> image = ReadImage(ref fields, out bool compressed);
        ImmutableArray<RawText>? arguments = fields.NextIs(DerTag.Sequence) ? fields.ReadTexts() : null;
        fields.End();
        var settings =
            new UnikernelSettings(new FailBehaviour.Quit(), null, AddName: true, new([cpuId]), memoryMib, blocks, nets, arguments);
        return new UnikernelConfig(ImageType.Solo5, compressed, image, settings);
    }

    private static UnikernelConfig ReadSetOfNames(ref DerReader reader, DerElement<ImmutableArray<NetAttachment>> readNets)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ImageType type = DeviceCodec.ReadType(ref fields);
        bool compressed = fields.ReadBoolean();
        ReadOnlyMemory<byte> image = fields.ReadOctets();
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        long cpuId = fields.ReadInteger();
        var settings = new UnikernelSettings(
            failBehaviour,
            Startup: null,
            AddName: true,
            new([cpuId]),
            fields.ReadInteger(),
            fields.ReadTagged<ImmutableArray<BlockAttachment>>(
                0, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadBlockName), []),
            fields.ReadTagged(1, readNets, []),
            DeviceCodec.ReadArguments(ref fields));
        fields.End();
        return new UnikernelConfig(type, compressed, image, settings);
    }

    private static ReadOnlyMemory<byte> ReadImage(ref DerReader reader, out bool compressed)
    {
        DerReader choice = reader.EnterChoice(out int number);
        compressed = number == 2;
        ReadOnlyMemory<byte> image =
            number <= 2 ? choice.ReadOctets() : throw DerException.Malformed($"unknown image kind [{number}]");
        choice.End();
        return image;
    }

    private static BlockAttachment ReadBlockName(ref DerReader reader) => new(reader.ReadText(), null, null);

    private static NetAttachment ReadNetName(ref DerReader reader) => new(reader.ReadText(), null, null);
}
