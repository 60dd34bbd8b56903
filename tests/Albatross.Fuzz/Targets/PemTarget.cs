using System.Text;
using Albatross.Certificates;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;

namespace Albatross.Fuzz.Targets;

/// <summary>Texts of PEM blocks, held against a reader made of one regular expression.</summary>
internal sealed class PemTarget : FuzzTarget
{
    private static readonly string[] Pieces =
    [
        "-----BEGIN ", "-----END ", "-----", "CERTIFICATE", "\n", "\r\n", " ", "=", "==", "QUJD",
        "-----BEGIN A-----\nQUJD\n-----END A-----\n",
        "-----BEGIN -----\n-----END -----", "A B", "A--B", "A  B", "\t", "\v", "-----BEGIN X-----QUI=-----END X-----", "QR==", "Q Q = =",
    ];

    public override string Name => "pem";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. GoldenSeeds.PemTexts(".pem", 1200).Take(12).Select(Encoding.Latin1.GetBytes),
        .. GoldenSeeds.PemTexts(".key", 400).Take(4).Select(Encoding.Latin1.GetBytes),
        .. Pieces.Select(Encoding.Latin1.GetBytes),
        Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(Pieces[10], 64))),
        Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(Pieces[10], 65))),
    ];

    public override byte[] Mutate(SeededRandom random, Corpus corpus)
    {
        byte[] input = random.Pick(corpus.Inputs);
        for (int i = random.Below(3); i > 0; i--)
        {
            int at = random.Below(input.Length + 1);
            input = [.. input.AsSpan(0, at), .. Encoding.Latin1.GetBytes(random.Pick(Pieces)), .. input.AsSpan(at)];
        }

        return random.OneIn(3) && input.Length < ByteMutation.LongestBytes ? input : ByteMutation.Apply(random, input, corpus);
    }

    public override Outcome Decode(byte[] input) =>
        Pem.TryParse(Encoding.Latin1.GetString(input), out ImmutableArray<PemBlock> blocks, out Refusal? refusal)
            ? new Outcome(true, $"blocks {string.Concat(blocks.Take(8).Select(block => (char)('a' + block.Label.Length % 20)))}", blocks)
            : new Outcome(false, refusal.Text);

    public override string? Check(byte[] input, Outcome outcome)
    {
        List<(string Label, byte[] Content)>? expected = PemText.Read(Encoding.Latin1.GetString(input));
        if (outcome.Accepted != expected is not null)
        {
            return outcome.Accepted ? "accepted, the oracle refuses" : $"refused ({outcome.Kind}), the oracle accepts";
        }

        if (expected is null)
        {
            return null;
        }

        var ours = (ImmutableArray<PemBlock>)outcome.Value!;
        return ours.Length == expected.Count && ours.Zip(expected).All(pair =>
            pair.First.Label == pair.Second.Label && pair.First.Der.Span.SequenceEqual(pair.Second.Content))
            ? null
            : "the blocks are different";
    }
}
