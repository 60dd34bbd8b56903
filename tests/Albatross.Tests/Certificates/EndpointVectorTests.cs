using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Tests.Protocol;

namespace Albatross.Tests.Certificates;

/// <summary>
/// Every chain that was presented to the real endpoint (tests/golden/exchanges-tls.jsonl) has the verdict that it was seen to have: refused
/// in the handshake, refused with a sentence of the log, or granted the name of the replies and the command of the leaf.
/// </summary>
public sealed class EndpointVectorTests(ITestOutputHelper output)
{
    private const string Closed = "[ERROR] failed to handle TLS connection ";

    // What the peer says of bytes that its ASN.1 library cannot read; ours says it in its own words.
    private const string OwnWordsFor = "SEQUENCE: missing required: command";

    [Fact]
    public void Every_chain_has_the_verdict_and_the_sentence_of_the_real_endpoint()
    {
        JsonObject[] rows = Rows();
        int handshake = 0, refused = 0, granted = 0, named = 0;
        foreach (JsonObject row in rows)
        {
            string chain = (string)row["chain"]!;
            string log = (string?)row["endpoint-log"] ?? "";
            bool isValid = TryVerify(chain, out VerifiedChain? verified, out Refusal? refusal);
            if (((string)row["end"]!).StartsWith("ssl error", StringComparison.Ordinal))
            {
                Assert.False(isValid, chain);
                handshake++;
                continue;
            }

            Assert.True(isValid, $"{chain}: {refusal}");
            bool isGranted = Authorisation.TryRead(verified!, out Authorisation? authorisation, out refusal);
            if (log.StartsWith(Closed, StringComparison.Ordinal))
            {
                Assert.False(isGranted, chain);
                Assert.Equal((chain, log[Closed.Length..]), (chain, SentenceOf(refusal!)));
                refused++;
                continue;
            }

            Assert.True(isGranted, $"{chain}: {refusal}");
            Assert.Equal(
                (chain, row["command"]!["command"]!.ToJsonString()), (chain, VectorRendering.Render(authorisation!.Command).ToJsonString()), SameJson);
            Assert.Equal((string)row["command-extension"]!, Convert.ToHexStringLower(ExtensionCodec.Encode(authorisation.Command)));
            granted++;
            named += NamesOf(row) is { } name && Same(chain, name, authorisation.Name.ToString()) ? 1 : 0;
        }

        output.WriteLine(
            $"exchanges-tls: {rows.Length} rows, {rows.Select(row => (string)row["chain"]!).Distinct().Count()} chains: {handshake} refused in the "
            + $"handshake, {refused} closed with the same sentence, {granted} granted ({named} names seen in a reply)");
        Assert.Equal((120, 5, 15, 100), (rows.Length, handshake, refused, granted));
    }

    /// <summary>
    /// Every certificate file of tests/golden/pki is a root, a server, a leaf or a sub-CA, and is good or refused as that. The leaves of
    /// the six key directories are in GoldenPkiTests.
    /// </summary>
    [Fact]
    public void Every_certificate_file_is_good_or_refused_as_what_it_is()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(GoldenPki.PathOf(""), "*.pem", SearchOption.AllDirectories))
        {
            string file = Path.GetRelativePath(GoldenPki.PathOf(""), path);
            string what = Judge(file);
            counts[what] = counts.GetValueOrDefault(what) + 1;
        }

        output.WriteLine("pki: " + string.Join(", ", counts.Select(pair => $"{pair.Value} {pair.Key}")));
        Assert.Equal(EveryPem().Count(), counts.Values.Sum());
        Assert.Equal(6, counts["root"]);
        Assert.Equal(6, counts["server"]);
    }

    private static IEnumerable<string> EveryPem() =>
        Directory.EnumerateFiles(GoldenPki.PathOf(""), "*.pem", SearchOption.AllDirectories);

    private static string Judge(string file)
    {
        ImmutableArray<ParsedCertificate> presented = GoldenPki.Certificates(file);
        string root = file.StartsWith("extra", StringComparison.Ordinal) ? "ed25519/cacert.pem" : $"{Path.GetDirectoryName(file)}/cacert.pem";
        ImmutableArray<ParsedCertificate> anchors = GoldenPki.Certificates(root);
        switch (Path.GetFileName(file))
        {
            case "cacert.pem":
                Assert.True(presented.Single().IsSignedBy(presented[0].PublicKey), file);
                return "root";
            case "server.pem":
                Assert.True(
                    ChainValidation.TryValidate(presented, anchors, GoldenPki.Now, ChainPurpose.Server, out _, out Refusal? why), $"{file}: {why}");
                return "server";
            default:
                break;
        }

        bool isValid = ChainValidation.TryValidate(
            presented, anchors, GoldenPki.Now, ChainPurpose.Client, out VerifiedChain? chain, out Refusal? refusal);
        if (presented[0].Extensions.IsCa)
        {
            Assert.False(isValid, file);
            Assert.Contains("is a CA certificate, not a leaf", refusal!.Text, StringComparison.Ordinal);
            return JudgeAsIssuer(file, presented, anchors);
        }

        return !isValid ? "leaf refused in the handshake"
            : Authorisation.TryRead(chain!, out _, out _) ? "leaf granted" : "leaf that grants nothing";
    }

    // A sub-CA is what its leaves are: one is issued with its key and judged.
    private static string JudgeAsIssuer(
        string file, ImmutableArray<ParsedCertificate> presented, ImmutableArray<ParsedCertificate> anchors)
    {
        KeyPair key = GoldenPki.Key(Path.ChangeExtension(file, ".key"));
        Assert.True(SigningAuthority.TryCreate(presented[0], key, out SigningAuthority? authority, out Refusal? refusal), $"{file}: {refusal}");
        ParsedCertificate leaf = CertificateIssuer.Leaf(
            authority, null, new Command.UnikernelInfo(), key.PublicKey, Validity.From(GoldenPki.Now, Validity.OfOneCommand),
            RandomNumberGenerator.Fill);
        bool isValid = ChainValidation.TryValidate(
            [leaf, .. presented], anchors, GoldenPki.Now, ChainPurpose.Client, out VerifiedChain? chain, out refusal);
        Assert.True(isValid, $"{file}: {refusal}");
        return Authorisation.TryRead(chain!, out _, out _) ? "sub-CA" : "sub-CA below which nothing is granted";
    }

    private static JsonObject[] Rows() =>
        [.. File.ReadLines(GoldenFiles.PathOf("exchanges-tls.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject())];

    private static bool TryVerify(string file, out VerifiedChain? chain, out Refusal? refusal) => ChainValidation.TryValidate(
        GoldenPki.Certificates(file), GoldenPki.Certificates("ed25519/cacert.pem"), GoldenPki.Now, ChainPurpose.Client,
        out chain, out refusal);

    private static string SentenceOf(Refusal refusal) => refusal.Code == RefusalCode.Malformed ? OwnWordsFor : refusal.Text;

    // Streams and lists have names relative to what was asked for; a reply that ends an exchange has the name of the chain.
    private static string? NamesOf(JsonObject row) => row["replies"]!.AsArray() is [JsonObject only]
        && only["value"] is JsonObject value && (string?)value["header"]!["sequence"] == "0"
            ? (string?)value["header"]!["name"]
            : null;

    private static bool Same(string chain, string expected, string actual)
    {
        Assert.Equal((chain, expected), (chain, actual));
        return true;
    }

    private static bool SameJson((string Chain, string Json) left, (string Chain, string Json) right) =>
        left.Chain == right.Chain && JsonNode.DeepEquals(JsonNode.Parse(left.Json), JsonNode.Parse(right.Json));
}
