using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>
/// Config and Arguments of peers before 2.7 (wire specification, sections 3 and 13): read, never written. They know one CPU
/// (cpuid OInt) and no cpus or linux-boot-partition; what a form lacks is startup none, add-name true, cpus 1.
/// </summary>
internal static partial class UnikernelConfigHistory
{
    /// <summary>
    /// ConfigV4 ::= SEQUENCE { typ, compressed BOOLEAN, image OCTET STRING, startup OInt OPTIONAL, add-name BOOLEAN, fail-behaviour,
    /// cpuid OInt, memory OInt, blocks [0], bridges [1], arguments [2] } (2.6)
    /// </summary>
    public static UnikernelConfig ReadVersion4(ref DerReader reader)
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

    /// <summary>ConfigV3: as ConfigV4 without startup and add-name (before 2.6).</summary>
    public static UnikernelConfig ReadVersion3(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ImageType type = DeviceCodec.ReadType(ref fields);
        bool compressed = fields.ReadBoolean();
        ReadOnlyMemory<byte> image = fields.ReadOctets();
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        return new UnikernelConfig(type, compressed, image, ReadRest(ref fields, failBehaviour, startup: null, addName: true));
    }

    /// <summary>
    /// ArgumentsV1 ::= SEQUENCE { fail-behaviour, startup OInt OPTIONAL, add-name BOOLEAN, cpuid OInt, memory OInt,
    /// blocks [0], bridges [1], arguments [2] } (2.6)
    /// </summary>
    public static UnikernelSettings ReadArguments1(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        long? startup = fields.ReadOptionalInteger();
        bool addName = fields.ReadBoolean();
        return ReadRest(ref fields, failBehaviour, startup, addName);
    }

    /// <summary>ArgumentsV0: as ArgumentsV1 without startup and add-name (2.4).</summary>
    public static UnikernelSettings ReadArguments0(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        FailBehaviour failBehaviour = DeviceCodec.ReadFailBehaviour(ref fields);
        return ReadRest(ref fields, failBehaviour, startup: null, addName: true);
    }

    private static UnikernelSettings ReadRest(ref DerReader fields, FailBehaviour failBehaviour, long? startup, bool addName)
    {
        long cpuId = fields.ReadInteger();
        var settings = new UnikernelSettings(
            failBehaviour,
            startup,
            addName,
            new([cpuId]),
            fields.ReadInteger(),
            DeviceCodec.ReadBlocks(ref fields),
            DeviceCodec.ReadNets(ref fields),
            DeviceCodec.ReadArguments(ref fields));
        fields.End();
        return settings;
    }
}
