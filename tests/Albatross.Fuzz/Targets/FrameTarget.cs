using Albatross.Fuzz.Harness;
using Albatross.Policy;
using Albatross.Protocol.Frames;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// The reader of frames. The first byte says into what pieces the rest is cut, the second which limit holds; the oracle reads the whole.
/// </summary>
internal sealed class FrameTarget : FuzzTarget
{
    private static readonly FrameLimit[] Limits =
        [new("test", 1), new("test", 16), new("test", 300), new("test", 65_536), FrameLimits.ServiceSocket, FrameLimits.LocalSocket];

    public override string Name => "frames";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        [], [0], [0, 5], [1, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0], [2, 5, 0, 0, 0, 1, 9, 0, 0, 0, 2, 9, 9], [3, 2, 0xff, 0xff, 0xff, 0xff],
        [4, 5, 0x7f, 0xff, 0xff, 0xff, 1], [5, 3, 0, 1, 0, 0, .. new byte[65_536]], [6, 3, 0, 1, 0, 1, .. new byte[100]],
        [9, 4, 0, 4, 0, 0, 7],
        [200, 5, 4, 0, 0, 0, 1, 2], [130, 5, 0, 0, 0x10, 0, .. new byte[4096], 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0, 1],
        [7, 1, 0, 0, 0, 17, 1],
        [0, 5, 0, 1, 0x86, 0xa0, .. new byte[100_001], 0, 0],
    ];

    // "Its buffer grows with what has arrived": at most twice that and 64 KiB at a time; what it grew out of counts here as well.
    public override long AllowedBytes(int length) => (80 << 10) + 32L * length;

    public override Outcome Decode(byte[] input)
    {
        var reader = new FrameReader(LimitOf(input));
        var steps = new List<(FrameStep Step, ReadOnlyMemory<byte> Frame)>();
        Refusal? refusal = null;
        ReadOnlySpan<byte> rest = input.AsSpan(Math.Min(2, input.Length));
        int cut = 0;
        while (!rest.IsEmpty && refusal is null)
        {
            ReadOnlySpan<byte> piece = rest[..Math.Min(rest.Length, PieceOf(input, cut++))];
            rest = rest[piece.Length..];
            FrameStep step;
            while ((step = reader.Read(ref piece, out ReadOnlyMemory<byte> frame, out refusal)) is FrameStep.Frame or FrameStep.End)
            {
                steps.Add((step, frame));
            }

            if (step == FrameStep.Refused)
            {
                steps.Add((step, default));

                // For ever.
                piece = rest;
                refusal = reader.Read(ref piece, out _, out Refusal? again) == FrameStep.Refused ? again : null;
            }
        }

        steps.Add((reader.IsWithinFrame ? FrameStep.NeedsMore : FrameStep.End, default));
        string kinds = string.Concat(steps.Take(6).Select(step => (char)('A' + (int)step.Step)));
        return new Outcome(refusal is null, kinds, steps);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        var ours = (List<(FrameStep Step, ReadOnlyMemory<byte> Frame)>)outcome.Value!;
        List<(FrameStep Step, byte[] Frame)> expected = Cut(input, LimitOf(input).Bytes);
        if (ours.Count != expected.Count)
        {
            return $"{ours.Count} steps, not {expected.Count}";
        }

        for (int i = 0; i < ours.Count; i++)
        {
            if (ours[i].Step != expected[i].Step || !ours[i].Frame.Span.SequenceEqual(expected[i].Frame))
            {
                return $"a step is {ours[i].Step}, not {expected[i].Step}, or another frame";
            }

            byte[] frame = expected[i].Frame;
            if (frame.Length > 0 && !FrameWriter.Write(frame).AsSpan().SequenceEqual((byte[])[.. LengthOf(frame), .. frame]))
            {
                return "a frame is written differently";
            }
        }

        return null;
    }

    private static byte[] LengthOf(byte[] frame) =>
        [(byte)(frame.Length / 16_777_216), (byte)(frame.Length / 65_536), (byte)(frame.Length / 256), (byte)frame.Length];

    private static FrameLimit LimitOf(byte[] input) => Limits[(input.Length > 1 ? input[1] : 0) % Limits.Length];

    private static int PieceOf(byte[] input, int cut) => input[0] switch
    {
        0 => int.MaxValue,
        < 128 => input[0],
        _ => 1 + (input[0] * 31 + cut * 97) % 9000,
    };

    // Section 6: a signed big-endian length; 0 or less is an end, more than the limit is refused and ends everything.
    private static List<(FrameStep, byte[])> Cut(byte[] input, int most)
    {
        var steps = new List<(FrameStep, byte[])>();
        int at = Math.Min(2, input.Length);
        while (input.Length - at >= 4)
        {
            long length = input[at] * 16_777_216L + input[at + 1] * 65_536 + input[at + 2] * 256 + input[at + 3];
            if (length > int.MaxValue || length == 0)
            {
                steps.Add((FrameStep.End, []));
                at += 4;
                continue;
            }

            if (length > most)
            {
                steps.Add((FrameStep.Refused, []));
                steps.Add((FrameStep.NeedsMore, []));
                return steps;
            }

            if (input.Length - at - 4 < length)
            {
                break;
            }

            steps.Add((FrameStep.Frame, input[(at + 4)..(at + 4 + (int)length)]));
            at += 4 + (int)length;
        }

        steps.Add((at == input.Length ? FrameStep.End : FrameStep.NeedsMore, []));
        return steps;
    }
}
