using Albatross.Policy;
using Albatross.Policy.Policies;

namespace Albatross.Protocol.Der;

/// <summary>
/// Policy ::= SEQUENCE { cpuids SEQUENCE OF OInt, unikernels OInt, memory OInt, block OInt OPTIONAL, bridges SEQUENCE OF UTF8String }
/// (wire specification, section 3): the lists are read in any order and written ascending. No number is checked for its range here.
/// </summary>
internal static class PolicyCodec
{
    public static ResourcePolicy Read(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ValueSet<long> cpuIds = fields.ReadIntegerSet(DerTag.Sequence);
        var policy = new ResourcePolicy(
            fields.ReadInteger(), cpuIds, fields.ReadInteger(), fields.ReadOptionalInteger(), new(fields.ReadTexts()));
        fields.End();
        return policy;
    }

    public static void Write(DerWriter writer, ResourcePolicy policy)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteSequenceOf(policy.CpuIds, static (writer, cpu) => writer.WriteInteger(cpu));
            writer.WriteInteger(policy.Unikernels);
            writer.WriteInteger(policy.MemoryMib);
            if (policy.BlockMib is { } block)
            {
                writer.WriteInteger(block);
            }

            writer.WriteSequenceOf(policy.Bridges, static (writer, bridge) => writer.WriteText(bridge));
        }
    }
}
