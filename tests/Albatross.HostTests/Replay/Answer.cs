using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Tests.Protocol;

namespace Albatross.HostTests.Replay;

/// <summary>Everything that a server said on one connection, and what it did with the connection then.</summary>
/// <param name="Frames">The bodies of the frames.</param>
/// <param name="End">One of <see cref="Ends"/>.</param>
internal sealed record Answer(ImmutableArray<byte[]> Frames, string End)
{
    private const int Length = sizeof(int);

    /// <summary>What was recorded.</summary>
    public static Answer Of(RecordedStep step) => new([.. step.Replies.Select(framed => framed[Length..])], step.End);

    /// <summary>
    /// Why this is not what was recorded; null when it is, byte for byte, but for what <paramref name="step"/> says is different in each run
    /// and for how things are packed.
    /// </summary>
    public string? DifferenceTo(RecordedStep step)
    {
        if (End != step.End)
        {
            return $"the connection is {End}, not {step.End}";
        }

        ImmutableArray<byte[]> ours = Invariant(Frames, step.Varies), recorded = Invariant(Of(step).Frames, step.Varies);
        if (step.IsAbridged)
        {
            recorded = step.CountVaries ? Cycle(recorded, step.Count) : Long(recorded, step.Count);
        }

        int at = Enumerable.Range(0, Math.Min(ours.Length, recorded.Length))
            .FirstOrDefault(i => !ours[i].AsSpan().SequenceEqual(recorded[i]), -1);
        return ours.Length != recorded.Length ? $"{ours.Length} frames, not {recorded.Length}" : at < 0 ? null : $"frame {at + 1} differs";
    }

    /// <summary>The payloads in the notation of the vectors, without what is different in each run.</summary>
    public JsonArray Payloads(string varies) => [.. Invariant(Frames, varies).Select(Payload)];

    // The first four frames and the last two were kept; those between are all like the fourth.
    private static ImmutableArray<byte[]> Long(ImmutableArray<byte[]> kept, int count) =>
        [.. kept[..4], .. Enumerable.Repeat(kept[3], count - kept.Length), .. kept[4..]];

    // A unikernel that is started again and again: after the first frame the next three come again and again, faster or slower.
    private static ImmutableArray<byte[]> Cycle(ImmutableArray<byte[]> kept, int count) =>
        [kept[0], .. Enumerable.Range(0, count - 1).Select(i => kept[1 + i % 3])];

    private static JsonNode Payload(byte[] frame) => WireCodec.TryDecode(frame, out Wire? wire, out Refusal? refusal)
        ? VectorRendering.Render(wire)["payload"]!.DeepClone()
        : JsonValue.Create(refusal.Text);

    // What is decoded here is encoded again, so an encoding that is not the original's would pass: it is compared before.
    private static ImmutableArray<byte[]> Invariant(ImmutableArray<byte[]> frames, string varies)
    {
        var invariant = ImmutableArray.CreateBuilder<byte[]>();
        bool isPacked = false;
        var data = new MemoryStream();
        foreach (byte[] frame in frames)
        {
            if (!WireCodec.TryDecode(frame, out Wire? wire, out _) || wire is not Wire.Answer answer || !IsWrittenAgain(wire, frame))
            {
                invariant.Add(frame);
                continue;
            }

            switch (answer.Reply)
            {
                case Reply.BlockDeviceImage image:
                    isPacked = image.Compressed;
                    invariant.Add(frame);
                    break;
                case Reply.BlockData { Bytes: { } part } when isPacked || varies == "chunk borders":
                    data.Write(part.Span);
                    break;
                case Reply.BlockData { Bytes: null } when isPacked || varies == "chunk borders":
                    invariant.Add(isPacked ? Unpack(data.ToArray()) : data.ToArray());
                    invariant.Add(frame);
                    break;
                default:
                    invariant.Add(WireCodec.EncodeFramed(new Wire.Answer(answer.Header, Invariant(answer, varies)))[Length..]);
                    break;
            }
        }

        return invariant.ToImmutable();
    }

    // An instant within the first millisecond of a second is written with ".000", as by the original, and read as the whole second, which
    // is written without.
    private static bool IsWrittenAgain(Wire wire, byte[] frame) =>
        WireCodec.EncodeFramed(wire).AsSpan(Length).SequenceEqual(frame) || frame.AsSpan().IndexOf(".000Z"u8) >= 0;

    private static Reply Invariant(Wire.Answer answer, string varies) => (answer.Reply, varies) switch
    {
        (Reply.Image { Compressed: true } image, _) => image with { Bytes = Unpack(image.Bytes) },
        (Reply.OldBlockDeviceImage { Compressed: true } image, _) => image with { Bytes = Unpack(image.Bytes) },
        (Reply.ConsoleLine line, "timestamps" or "timestamps and count") => line with { Instant = DateTimeOffset.UnixEpoch },
        (Reply.Unikernels unikernels, "started time") => unikernels with
        {
            Entries = [.. unikernels.Entries.Select(entry => entry with { Value = entry.Value with { Started = DateTimeOffset.UnixEpoch } })],
        },
        (Reply.Policies policies, "host dependent") when answer.Header.Name == Name.Root => policies with
        {
            Entries = [.. policies.Entries.Select(entry => entry.Name == Name.Root ? entry with { Value = OfAnyHost(entry.Value) } : entry)],
        },
        var (reply, _) => reply,
    };

    private static ResourcePolicy OfAnyHost(ResourcePolicy root) => root with { CpuIds = default, MemoryMib = 0, BlockMib = 0 };

    private static byte[] Unpack(ReadOnlyMemory<byte> packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        zlib.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
