using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>The writing of answers.</summary>
internal static partial class ReplyCodec
{
    private const int Success = 1;
    private const int Failure = 2;
    private const int Data = 3;

    /// <summary>Writes the answer with its tag in Payload.</summary>
    /// <exception cref="InvalidOperationException">The reply is <see cref="Reply.Unknown"/>, which has no encoding.</exception>
    public static void Write(DerWriter writer, Reply reply)
    {
        int payload = reply switch
        {
            Reply.Failure => Failure,
            Reply.ConsoleLine or Reply.Statistics or Reply.BlockData => Data,
            Reply.Unknown unknown => throw new InvalidOperationException($"{unknown.Where} has no encoding"),
            _ => Success,
        };
        using (writer.EnterTag(payload))
        {
            if (reply is Reply.Failure failure)
            {
                writer.WriteText(failure.Text);
                return;
            }

            using (writer.EnterTag(TagOf(reply)))
            {
                WriteContent(writer, reply);
            }
        }
    }

    // The tag below Success or Data.
    private static int TagOf(Reply reply) => reply switch
    {
        Reply.Empty => 0,
        Reply.Success => 1,
        Reply.Policies => 2,
        Reply.BlockDevices => 4,
        Reply.Image => 6,
        Reply.OldBlockDeviceImage => 7,
        Reply.Unikernels { Form: InfoForm.Version4 } => 9,
        Reply.BlockDeviceImage => 10,
        Reply.Unikernels { Form: InfoForm.Version5 } => 11,
        Reply.Consoles => 12,
        Reply.Unikernels => 13,
        Reply.Statistics => 1,
        Reply.ConsoleLine => 3,
        Reply.BlockData => 4,
        _ => throw new UnreachableException($"reply {reply.GetType().Name} has no tag"),
    };

    private static void WriteContent(DerWriter writer, Reply reply)
    {
        switch (reply)
        {
            case Reply.Empty: writer.WriteNull(); break;
            case Reply.Success success: writer.WriteText(success.Text); break;
            case Reply.Policies policies: writer.WriteSequenceOf(policies.Entries, WritePolicy); break;
            case Reply.BlockDevices devices: writer.WriteSequenceOf(devices.Entries, WriteBlockDevice); break;
            case Reply.Image image: WriteImage(writer, image.Compressed, image.Bytes); break;
            case Reply.OldBlockDeviceImage image: WriteImage(writer, image.Compressed, image.Bytes); break;
            case Reply.BlockDeviceImage image: writer.WriteBoolean(image.Compressed); break;
            case Reply.Consoles consoles: writer.WriteSequenceOf(consoles.Names, static (writer, name) => writer.WriteName(name)); break;
            case Reply.Unikernels unikernels: WriteUnikernels(writer, unikernels); break;
            case Reply.Statistics statistics: StatsCodec.Write(writer, statistics.Sample); break;
            case Reply.ConsoleLine line: WriteConsoleLine(writer, line); break;
            case Reply.BlockData data: WriteBlockData(writer, data.Bytes); break;
            default: throw new UnreachableException($"reply {reply.GetType().Name} has no encoding");
        }
    }

    private static void WriteImage(DerWriter writer, bool compressed, ReadOnlyMemory<byte> bytes)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteBoolean(compressed);
            writer.WriteOctets(bytes);
        }
    }

    internal static void WritePolicy(DerWriter writer, Entry<ResourcePolicy> entry)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteName(entry.Name);
            PolicyCodec.Write(writer, entry.Value);
        }
    }

    private static void WriteBlockDevice(DerWriter writer, Entry<BlockDevice> entry)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteName(entry.Name);
            writer.WriteInteger(entry.Value.SizeMib);
            writer.WriteBoolean(entry.Value.Active);
        }
    }

    private static void WriteUnikernels(DerWriter writer, Reply.Unikernels unikernels)
    {
        writer.WriteSequenceOf(unikernels.Entries, (writer, entry) =>
        {
            using (writer.Enter(DerTag.Sequence))
            {
                writer.WriteName(entry.Name);
                UnikernelInfoCodec.Write(writer, entry.Value, unikernels.Form);
            }
        });
    }

    private static void WriteConsoleLine(DerWriter writer, Reply.ConsoleLine line)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteTime(line.Instant);
            writer.WriteText(line.Line);
        }
    }

    private static void WriteBlockData(DerWriter writer, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } part)
        {
            writer.WriteTaggedNull(1);
            return;
        }

        using (writer.EnterTag(0))
        {
            writer.WriteOctets(part);
        }
    }
}
