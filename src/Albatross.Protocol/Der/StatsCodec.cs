using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>
/// statistics ::= SEQUENCE { resource-usage Rusage, ifdata SEQUENCE OF Ifdata, vmm-stats [0] SEQUENCE OF SEQUENCE { key, value } OPTIONAL,
/// kinfo-mem [1] IMPLICIT KinfoMem OPTIONAL } (wire specification, section 3). The last is the grammar's only IMPLICIT tag: it stands
/// in place of the SEQUENCE's own.
/// </summary>
internal static class StatsCodec
{
    private static readonly byte KinfoMem = DerTag.Context(1);

    public static Sample Read(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        ResourceUsage usage = ReadUsage(ref fields);
        ImmutableArray<InterfaceCounters> interfaces = fields.ReadListOf(DerTag.Sequence, ReadInterface);
        ImmutableArray<VmmCounter>? vmm = fields.ReadTagged<ImmutableArray<VmmCounter>?>(
            0, static (ref DerReader list) => list.ReadListOf(DerTag.Sequence, ReadCounter), null);
        ProcessMemory? memory = fields.NextIs(KinfoMem) ? ReadMemory(ref fields) : null;
        fields.End();
        return new Sample(usage, interfaces, vmm, memory);
    }

    public static void Write(DerWriter writer, Sample sample)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            WriteUsage(writer, sample.Usage);
            writer.WriteSequenceOf(sample.Interfaces, WriteInterface);
            if (sample.Vmm is { } vmm)
            {
                using (writer.EnterTag(0))
                {
                    writer.WriteSequenceOf(vmm, WriteCounter);
                }
            }

            if (sample.Memory is { } memory)
            {
                WriteMemory(writer, memory);
            }
        }
    }

    // Timeval ::= SEQUENCE { seconds Int64, microseconds OInt }
    private static TimeValue ReadTimeValue(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var value = new TimeValue(fields.ReadInt64(), fields.ReadInteger());
        fields.End();
        return value;
    }

    private static void WriteTimeValue(DerWriter writer, TimeValue value)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteInt64(value.Seconds);
            writer.WriteInteger(value.Microseconds);
        }
    }

    private static VmmCounter ReadCounter(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var counter = new VmmCounter(fields.ReadText(), fields.ReadInt64());
        fields.End();
        return counter;
    }

    private static void WriteCounter(DerWriter writer, VmmCounter counter)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(counter.Key);
            writer.WriteInt64(counter.Value);
        }
    }

    // Rusage ::= SEQUENCE { utime, stime Timeval, then fourteen Int64 in the order of getrusage(2) }
    private static ResourceUsage ReadUsage(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var usage = new ResourceUsage(
            ReadTimeValue(ref fields), ReadTimeValue(ref fields),
            fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(),
            fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(),
            fields.ReadInt64(), fields.ReadInt64());
        fields.End();
        return usage;
    }

    private static void WriteUsage(DerWriter writer, ResourceUsage usage)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            WriteTimeValue(writer, usage.UserTime);
            WriteTimeValue(writer, usage.SystemTime);
            WriteNumbers(
                writer,
                usage.MaxResident, usage.SharedText, usage.UnsharedData, usage.UnsharedStack, usage.MinorFaults, usage.MajorFaults,
                usage.Swaps, usage.BlocksIn, usage.BlocksOut, usage.MessagesSent, usage.MessagesReceived, usage.Signals,
                usage.VoluntarySwitches, usage.InvoluntarySwitches);
        }
    }

    // KinfoMem ::= SEQUENCE { vsize, rss, tsize, dsize, ssize, runtime Int64, cow OInt, start Timeval }
    private static ProcessMemory ReadMemory(ref DerReader reader)
    {
        DerReader fields = reader.Enter(KinfoMem);
        var memory = new ProcessMemory(
            fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(),
            fields.ReadInteger(), ReadTimeValue(ref fields));
        fields.End();
        return memory;
    }

    private static void WriteMemory(DerWriter writer, ProcessMemory memory)
    {
        using (writer.Enter(KinfoMem))
        {
            WriteNumbers(
                writer, memory.VirtualBytes, memory.Resident, memory.Text, memory.Data, memory.Stack, memory.RuntimeMicroseconds);
            writer.WriteInteger(memory.CopyOnWriteFaults);
            WriteTimeValue(writer, memory.Start);
        }
    }

    // Ifdata ::= SEQUENCE { bridge UTF8String, five Int32, then twelve Int64 }
    private static InterfaceCounters ReadInterface(ref DerReader reader)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var counters = new InterfaceCounters(
            fields.ReadText(),
            fields.ReadInt32(), fields.ReadInt32(), fields.ReadInt32(), fields.ReadInt32(), fields.ReadInt32(),
            fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(),
            fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64(), fields.ReadInt64());
        fields.End();
        return counters;
    }

    private static void WriteInterface(DerWriter writer, InterfaceCounters counters)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteText(counters.Device);
            writer.WriteInteger(counters.Flags);
            writer.WriteInteger(counters.SendLength);
            writer.WriteInteger(counters.MaxSendLength);
            writer.WriteInteger(counters.SendDrops);
            writer.WriteInteger(counters.Mtu);
            WriteNumbers(
                writer,
                counters.BaudRate, counters.InputPackets, counters.InputErrors, counters.OutputPackets, counters.OutputErrors,
                counters.Collisions, counters.InputBytes, counters.OutputBytes, counters.InputMulticast, counters.OutputMulticast,
                counters.InputDropped, counters.OutputDropped);
        }
    }

    private static void WriteNumbers(DerWriter writer, params ReadOnlySpan<long> values)
    {
        foreach (long value in values)
        {
            writer.WriteInt64(value);
        }
    }
}
