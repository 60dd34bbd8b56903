using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// Signing requests. Most changed ones are signed again, or nothing behind the signature would be reached. What we accept, the platform's
/// reader accepts too, and the oracle accepts the command in it.
/// </summary>
internal sealed class RequestTarget : FuzzTarget
{
    private const string AlbatrossOid = "1.3.6.1.4.1.49836.42";

    private static readonly byte[] Secret = SHA256.HashData("a key for fuzzing only"u8);
    private static readonly DerNode[] KeyAndAlgorithm = MakeKey();

    public override string Name => "request";

    public override IReadOnlyList<byte[]> Seeds { get; } = GoldenSeeds.PemContents(".req");

    // Checking a signature costs BouncyCastle some memory.
    public override long AllowedBytes(int length) => (128 << 10) + 64L * length;

    public override byte[] Mutate(SeededRandom random, Corpus corpus)
    {
        byte[] changed = random.OneIn(8)
            ? base.Mutate(random, corpus)
            : DerMutation.Apply(random, random.Pick(corpus.Inputs), corpus, encapsulated: true);
        return random.OneIn(4) ? changed : SignAgain(changed);
    }

    public override Outcome Decode(byte[] input) => SigningRequest.TryParse(input, out SigningRequest? request, out Refusal? refusal)
        ? new Outcome(true, request.Command.GetType().Name, request)
        : new Outcome(false, refusal.Text);

    public override string? Check(byte[] input, Outcome outcome)
    {
        if (!outcome.Accepted)
        {
            return Seeds.Contains(input) ? $"a request of the real client is refused: {outcome.Kind}" : null;
        }

        var ours = (SigningRequest)outcome.Value!;
        try
        {
            CertificateRequest theirs = CertificateRequest.LoadSigningRequest(
                input,
                HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.SkipSignatureValidation | CertificateRequestLoadOptions.UnsafeLoadCertificateExtensions);
            byte[]? command = theirs.CertificateExtensions.SingleOrDefault(one => one.Oid?.Value == AlbatrossOid)?.RawData;
            Asn1Type extension = Asn1Module.Albatross5["CertExtension"];
            return command is null ? "the platform's reader finds no Albatross extension"
                : !SchemaDecoder.Decode(extension, command).Accepts ? "accepted, the oracle refuses the command"
                : !ours.PublicKey.Bits.Span.SequenceEqual(theirs.PublicKey.EncodedKeyValue.RawData) ? "the platform reads another key"
                : null;
        }
        catch (CryptographicException e)
        {
            return $"accepted, the platform's reader refuses: {e.Message} {e.InnerException?.Message}";
        }
    }

    public override IEnumerable<byte[]> Smaller(byte[] input) => DerMutation.Smaller(input, encapsulated: true).Select(SignAgain);

    private static byte[] SignAgain(byte[] request)
    {
        List<DerNode> roots = DerNode.Parse(request, encapsulated: false);
        if (roots is not [{ Children: [{ Children: { Count: >= 3 } fields } body, var algorithm, var signature, ..] } whole, ..])
        {
            return request;
        }

        fields[2] = KeyAndAlgorithm[0];
        whole.Children![1] = KeyAndAlgorithm[1];
        byte[] signed = DerNode.Write([body]);
        byte[] bits = new byte[1 + Ed25519.SignatureSize];
        Ed25519.Sign(Secret, 0, signed, 0, signed.Length, bits, 1);
        whole.Children[2] = DerNode.Primitive(0x03, bits);
        return DerNode.Write(roots);
    }

    // SubjectPublicKeyInfo and AlgorithmIdentifier of Ed25519.
    private static DerNode[] MakeKey()
    {
        byte[] bits = new byte[1 + Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(Secret, 0, bits, 1);
        var algorithm = DerNode.Constructed(0x30, DerNode.Primitive(0x06, [0x2b, 0x65, 0x70]));
        return [DerNode.Constructed(0x30, algorithm, DerNode.Primitive(0x03, bits)), algorithm.Copy()];
    }
}
