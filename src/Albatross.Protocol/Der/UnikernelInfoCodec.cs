using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>
/// Info ::= SEQUENCE { typ, startup OInt OPTIONAL, fail-behaviour, cpuids SET OF OInt, memory OInt, digest OCTET STRING,
/// blocks [0], bridges [1], arguments [2], started [3] GeneralizedTime, cpus [4] OInt, linux-boot-partition [5] UTF8String }, tagged
/// fields OPTIONAL. InfoV5 has one cpuid OInt and ends with started; InfoV4 has no startup either (wire specification, section 3).
/// </summary>
internal static class UnikernelInfoCodec
{
    /// <summary>Reads the generation <paramref name="form"/>.</summary>
    public static UnikernelInfo Read(ref DerReader reader, InfoForm form)
    {
        bool current = form == InfoForm.Current;
        DerReader fields = reader.Enter(DerTag.Sequence);
        ImageType type = DeviceCodec.ReadType(ref fields);
        long? startup = form == InfoForm.Version4 ? null : fields.ReadOptionalInteger();
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        ValueSet<long> cpuIds = current ? fields.ReadIntegerSet(DerTag.Set) : new([fields.ReadInteger()]);
        var info = new UnikernelInfo(
            type,
            startup,
            failBehaviour,
            cpuIds,
            fields.ReadInteger(),
            fields.ReadOctets(),
            fields.ReadTagged<ImmutableArray<BlockDeviceInfo>>(0, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadBlock), []),
            fields.ReadTagged<ImmutableArray<NetInfo>>(1, static (ref DerReader set) => set.ReadListOf(DerTag.Set, ReadNet), []),
            DeviceCodec.ReadArguments(ref fields),
            fields.ReadTagged(3, static (ref DerReader time) => time.ReadTime(), DateTimeOffset.UnixEpoch),
            current ? DeviceCodec.ReadTaggedCpus(ref fields, 4) : 1,
            current ? DeviceCodec.ReadTaggedText(ref fields, 5) : null);
        fields.End();
        return info;
    }

    /// <summary>
    /// Writes the generation <paramref name="form"/>. The older ones have room for one CPU: of several the lowest is written, where
    /// the original ends its process; of none, 0.
    /// </summary>
    public static void Write(DerWriter writer, UnikernelInfo info, InfoForm form)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            DeviceCodec.WriteType(writer, info.Type);
            if (form != InfoForm.Version4 && info.Startup is { } startup)
            {
                writer.WriteInteger(startup);
            }

            DeviceCodec.WriteFailBehaviour(writer, info.FailBehaviour);
            if (form == InfoForm.Current)
            {
                DeviceCodec.WriteIntegerSet(writer, info.CpuIds);
            }
            else
            {
                writer.WriteInteger(info.CpuIds.Min);
            }

            writer.WriteInteger(info.MemoryMib);
            writer.WriteOctets(info.Digest);
            DeviceCodec.WriteTaggedSet(writer, 0, info.Blocks, WriteBlock);
            DeviceCodec.WriteTaggedSet(writer, 1, info.Nets, WriteNet);
            DeviceCodec.WriteArguments(writer, info.Arguments);
            using (writer.EnterTag(3))
            {
                writer.WriteTime(info.Started);
            }

            if (form == InfoForm.Current)
            {
                DeviceCodec.WriteCpusAndPartition(writer, 4, info.Cpus, info.LinuxBootPartition);
            }
        }
    }

    // InfoBlocks: SEQUENCE { unikernel-device UTF8String, host-device UTF8String, sector-size OInt, block-size OInt }
    private static BlockDeviceInfo ReadBlock(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var block = new BlockDeviceInfo(fields.ReadText(), fields.ReadText(), fields.ReadInteger(), fields.ReadInteger());
        fields.End();
        return block;
    }

    // InfoNets: SEQUENCE { unikernel-device UTF8String, host-device UTF8String, mac Mac }
    private static NetInfo ReadNet(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var net = new NetInfo(fields.ReadText(), fields.ReadText(), fields.ReadMac());
        fields.End();
        return net;
    }

    private static void WriteBlock(DerWriter writer, BlockDeviceInfo block)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(block.Name);
            writer.WriteText(block.HostDevice);
            writer.WriteInteger(block.SectorSize);
            writer.WriteInteger(block.SizeMib);
        }
    }

    private static void WriteNet(DerWriter writer, NetInfo net)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(net.Name);
            writer.WriteText(net.HostDevice);
            writer.WriteMac(net.Mac);
        }
    }
}
