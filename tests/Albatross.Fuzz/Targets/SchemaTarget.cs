using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Fuzz.Targets;

/// <summary>What a decoder of the module made of an input.</summary>
/// <param name="Encode">Writes the value again; null when there is none.</param>
/// <param name="Kind">Which kind of value.</param>
/// <param name="IsUnknown">Whether it is good but of a newer peer.</param>
/// <param name="MostElements">How many elements its lists may have.</param>
/// <param name="Refusal">Why there is no value.</param>
internal sealed record SchemaResult(Func<byte[]>? Encode, string Kind, bool IsUnknown, int MostElements, Refusal? Refusal);

/// <summary>A decoder of a type of albatross5.asn1, held against the oracle that reads that text.</summary>
internal sealed class SchemaTarget(string name, Asn1Type type, IReadOnlyList<byte[]> seeds, Func<byte[], SchemaResult> decode) : FuzzTarget
{
    private const int CommandElements = 65_536;
    private const int ReplyElements = 1_048_576;

    /// <summary>Messages on sockets.</summary>
    public static SchemaTarget Wire { get; } =
        new("wire", Asn1Module.Albatross5["Wire"], [.. GoldenSeeds.Vectors("wire"), CraftedSeeds.Restart(CommandElements)], DecodeWire);

    /// <summary>The value of the certificate extension.</summary>
    public static SchemaTarget Extension { get; } =
        new("extension", Asn1Module.Albatross5["CertExtension"], GoldenSeeds.Vectors("cert-extension"), DecodeExtension);

    public override string Name => name;

    public override IReadOnlyList<byte[]> Seeds => seeds;

    public override byte[] Mutate(SeededRandom random, Corpus corpus) => random.Below(8) switch
    {
        0 => SchemaSamples.Make(type, random),
        1 or 2 => DerMutation.Apply(random, SchemaSamples.Make(type, random), corpus, encapsulated: false),
        3 => base.Mutate(random, corpus),
        _ => DerMutation.Apply(random, random.Pick(corpus.Inputs), corpus, encapsulated: false),
    };

    public override Outcome Decode(byte[] input)
    {
        SchemaResult result = decode(input);
        return new Outcome(result.Encode is not null, result.Kind, result);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        var result = (SchemaResult)outcome.Value!;
        Opinion opinion = SchemaDecoder.Decode(type, input);
        if (result.Refusal?.Code == RefusalCode.TooLarge)
        {
            return opinion.Elements > CommandElements ? null : $"refused as too large with {opinion.Elements} elements";
        }

        if (opinion.Accepts != outcome.Accepted)
        {
            return outcome.Accepted ? $"accepted ({result.Kind}), the oracle refuses" : $"refused ({result.Kind}), the oracle accepts";
        }

        if (opinion.IsUnknown != result.IsUnknown)
        {
            return $"unknown to us: {result.IsUnknown}, to the oracle: {opinion.IsUnknown} ({result.Kind})";
        }

        if (!outcome.Accepted || result.IsUnknown)
        {
            return null;
        }

        if (opinion.Elements > result.MostElements)
        {
            return $"accepted with {opinion.Elements} elements, at most {result.MostElements} are allowed";
        }

        byte[] ours = result.Encode!(), canonical = SchemaEncoder.Encode(opinion.Value!);
        if (!ours.AsSpan().SequenceEqual(canonical))
        {
            (string one, string other) = (Convert.ToHexStringLower(ours), Convert.ToHexStringLower(canonical));
            return $"{result.Kind} is written differently:\"\n  ours   {one}\n  oracle {other}\"";
        }

        // What we write we read again as the same.
        SchemaResult again = ours.AsSpan().SequenceEqual(input) ? result : decode(ours);
        return again.Encode is not null && again.Encode().AsSpan().SequenceEqual(ours)
            ? null
            : $"{result.Kind} is not read again as it is written";
    }

    public override IEnumerable<byte[]> Smaller(byte[] input) =>
        DerMutation.Smaller(input, encapsulated: false).Concat(base.Smaller(input));

    private static SchemaResult DecodeWire(byte[] input) => WireCodec.TryDecode(input, out Wire? wire, out Refusal? refusal)
        ? wire switch
        {
            Wire.Request request => new SchemaResult(
                () => Encode(request, input.Length),
                request.Command.GetType().Name,
                request.Command is Command.Unknown,
                CommandElements,
                null),
            Wire.Answer answer => new SchemaResult(
                () => Encode(answer, input.Length), answer.Reply.GetType().Name, answer.Reply is Reply.Unknown, ReplyElements, null),
            _ => throw new System.Diagnostics.UnreachableException(),
        }
        : Refused(refusal);

    // With and without the length of a frame before it, in turns.
    private static byte[] Encode(Wire wire, int turn) => turn % 2 == 0 ? WireCodec.Encode(wire) : WireCodec.EncodeFramed(wire)[4..];

    private static SchemaResult DecodeExtension(byte[] input) => ExtensionCodec.TryDecode(input, out Command? command, out Refusal? refusal)
        ? new SchemaResult(() => ExtensionCodec.Encode(command), command.GetType().Name, command is Command.Unknown, CommandElements, null)
        : Refused(refusal);

    private static SchemaResult Refused(Refusal refusal) => new(null, refusal.Text, false, 0, refusal);
}
