using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// State files of every version. The oracle reads the letter of the grammar; that no node of a trie is there twice is checked on the names
/// that it read, and what is written is compared where the order of entries cannot matter.
/// </summary>
internal sealed class StateTarget : FuzzTarget
{
    private const int MostElements = 1_048_576;

    private static readonly Asn1Type State = Asn1Module.Albatross5["State"];

    public override string Name => "state";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. GoldenSeeds.Vectors("state"), .. GoldenSeeds.StateFiles()];

    public override byte[] Mutate(SeededRandom random, Corpus corpus) => random.Below(8) switch
    {
        0 => SchemaSamples.Make(State, random),
        1 or 2 => DerMutation.Apply(random, SchemaSamples.Make(State, random), corpus, encapsulated: false),
        3 => base.Mutate(random, corpus),
        _ => DerMutation.Apply(random, random.Pick(corpus.Inputs), corpus, encapsulated: false),
    };

    public override Outcome Decode(byte[] input) => StateCodec.TryDecode(input, out StoredState? state, out Refusal? refusal)
        ? new Outcome(true, "state", state)
        : new Outcome(false, refusal.Text, refusal);

    public override string? Check(byte[] input, Outcome outcome)
    {
        Opinion opinion = SchemaDecoder.Decode(State, input);
        if (outcome.Value is Refusal { Code: RefusalCode.TooLarge })
        {
            return opinion.Elements > MostElements ? null : $"refused as too large with {opinion.Elements} elements";
        }

        bool isGood = opinion is { IsUnknown: false, Value: { } value } && TriesOf(value).All(AreDistinct);
        if (isGood != outcome.Accepted)
        {
            return outcome.Accepted ? "accepted, the oracle refuses" : $"refused ({outcome.Kind}), the oracle accepts";
        }

        return outcome.Accepted ? CheckWritten((StoredState)outcome.Value!, opinion.Value!) : null;
    }

    public override IEnumerable<byte[]> Smaller(byte[] input) =>
        DerMutation.Smaller(input, encapsulated: false).Concat(base.Smaller(input));

    private static string? CheckWritten(StoredState state, Asn1Value value)
    {
        byte[] ours = StateCodec.Encode(state);
        if (!StateCodec.TryDecode(ours, out StoredState? again, out _) || !StateCodec.Encode(again).AsSpan().SequenceEqual(ours))
        {
            return "what is written is not read again as the same";
        }

        List<Asn1Value> tries = [.. TriesOf(value)];
        int entries = tries.Sum(trie => trie.Items.Count);
        if (entries != state.Unikernels.Count + state.Policies.Count)
        {
            return $"{state.Unikernels.Count} unikernels and {state.Policies.Count} policies of {entries} entries";
        }

        bool isCurrent = value.Parts[0].Field.Name == "current" && tries.All(trie => trie.Items.Count <= 1);
        return !isCurrent || ours.AsSpan().SequenceEqual(SchemaEncoder.Encode(value))
            ? null
            : $"written differently:\"\n  ours   {Convert.ToHexStringLower(ours)}"
                + $"\n  oracle {Convert.ToHexStringLower(SchemaEncoder.Encode(value))}\"";
    }

    // [0] to [3] are one trie, the later ones a sequence of two.
    private static IEnumerable<Asn1Value> TriesOf(Asn1Value state)
    {
        Asn1Value below = state.Parts[0].Value;
        return below.Type.Kind == Asn1Kind.SequenceOf ? [below] : below.Parts.Select(part => part.Value);
    }

    // A path and a label of the same spelling are one node.
    private static bool AreDistinct(Asn1Value trie)
    {
        string[] nodes = [.. trie.Items.Select(entry => string.Join(
            ':', System.Text.Encoding.ASCII.GetString(entry["name"]!.Bytes).Split(':', StringSplitOptions.RemoveEmptyEntries)))];
        return nodes.Distinct(StringComparer.Ordinal).Count() == nodes.Length;
    }
}
