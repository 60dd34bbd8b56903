using Albatross.Policy;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>
/// Config and Arguments of the present (wire specification, section 3). Both end alike: memory OInt, blocks [0], bridges [1],
/// arguments [2], cpus [3] OInt, linux-boot-partition [4] UTF8String, all tagged fields OPTIONAL.
/// </summary>
internal static class UnikernelConfigCodec
{
    /// <summary>
    /// Config ::= SEQUENCE { typ, compressed BOOLEAN, image OCTET STRING, startup OInt OPTIONAL, add-name BOOLEAN, fail-behaviour,
    /// cpuids SET OF OInt, … }. The image is a slice of the input.
    /// </summary>
    public static UnikernelConfig Read(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ImageType type = DeviceCodec.ReadType(ref fields);
        bool compressed = fields.ReadBoolean();
        ReadOnlyMemory<byte> image = fields.ReadOctets();
        long? startup = fields.ReadOptionalInteger();
        bool addName = fields.ReadBoolean();
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        return new UnikernelConfig(type, compressed, image, ReadRest(ref fields, failBehaviour, startup, addName));
    }

    /// <summary>Arguments ::= SEQUENCE { fail-behaviour, startup OInt OPTIONAL, add-name BOOLEAN, cpuids SET OF OInt, … }</summary>
    public static UnikernelSettings ReadSettings(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        long? startup = fields.ReadOptionalInteger();
        bool addName = fields.ReadBoolean();
        return ReadRest(ref fields, failBehaviour, startup, addName);
    }

    public static void Write(DerWriter writer, UnikernelConfig config)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            DeviceCodec.WriteType(writer, config.Type);
            writer.WriteBoolean(config.Compressed);
            writer.WriteOctets(config.Image);
            WriteStartup(writer, config.Settings.Startup);
            writer.WriteBoolean(config.Settings.AddName);
            DeviceCodec.WriteFailBehaviour(writer, config.Settings.FailBehaviour);
            WriteRest(writer, config.Settings);
        }
    }

    public static void WriteSettings(DerWriter writer, UnikernelSettings settings)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            DeviceCodec.WriteFailBehaviour(writer, settings.FailBehaviour);
            WriteStartup(writer, settings.Startup);
            writer.WriteBoolean(settings.AddName);
            WriteRest(writer, settings);
        }
    }

    private static UnikernelSettings ReadRest(ref DerReader fields, FailBehaviour failBehaviour, long? startup, bool addName)
    {
        ValueSet<long> cpuIds = fields.ReadIntegerSet(DerTag.Set);
        var settings = new UnikernelSettings(
            failBehaviour,
            startup,
            addName,
            cpuIds,
            fields.ReadInteger(),
            DeviceCodec.ReadBlocks(ref fields),
            DeviceCodec.ReadNets(ref fields),
            DeviceCodec.ReadArguments(ref fields),
            DeviceCodec.ReadTaggedCpus(ref fields, 3),
            DeviceCodec.ReadTaggedText(ref fields, 4));
        fields.End();
        return settings;
    }

    private static void WriteRest(DerWriter writer, UnikernelSettings settings)
    {
        DeviceCodec.WriteIntegerSet(writer, settings.CpuIds);
        writer.WriteInteger(settings.MemoryMib);
        DeviceCodec.WriteBlocks(writer, settings.Blocks);
        DeviceCodec.WriteNets(writer, settings.Nets);
        DeviceCodec.WriteArguments(writer, settings.Arguments);
        DeviceCodec.WriteCpusAndPartition(writer, 3, settings.Cpus, settings.LinuxBootPartition);
    }

    private static void WriteStartup(DerWriter writer, long? startup)
    {
        if (startup is { } priority)
        {
            writer.WriteInteger(priority);
        }
    }
}
