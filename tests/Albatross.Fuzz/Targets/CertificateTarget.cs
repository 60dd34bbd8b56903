using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Albatross.Certificates.Reading;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Policy;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// Certificates. We are stricter than others on purpose, so what we accept the platform's reader (OpenSSL) must accept as well and
/// understand in the same way; certificates of the real albatross-client must be accepted.
/// </summary>
internal sealed class CertificateTarget : FuzzTarget
{
    // Bits beyond the ninth mean nothing; the platform keeps them.
    private const X509KeyUsageFlags KnownUsages = (X509KeyUsageFlags)0xff | X509KeyUsageFlags.DecipherOnly;
    private const string AlbatrossOid = "1.3.6.1.4.1.49836.42";

    public override string Name => "certificate";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. GoldenSeeds.PemContents(".pem"), .. CraftedSeeds.Certificates()];

    public override byte[] Mutate(SeededRandom random, Corpus corpus) => random.Below(8) switch
    {
        0 => base.Mutate(random, corpus),
        _ => DerMutation.Apply(random, random.Pick(corpus.Inputs), corpus, encapsulated: true),
    };

    public override Outcome Decode(byte[] input)
    {
        if (!ParsedCertificate.TryParse(input, out ParsedCertificate? certificate, out Refusal? refusal))
        {
            return new Outcome(false, refusal.Text);
        }

        string kind = $"a certificate of version {"ABC"[certificate.Version - 1]}, {certificate.Extensions.Unacceptable}";
        return new Outcome(true, kind, certificate);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        if (!outcome.Accepted)
        {
            return IsOfRealClient(input) ? $"a certificate of the real client is refused: {outcome.Kind}" : null;
        }

        var ours = (ParsedCertificate)outcome.Value!;
        try
        {
            using X509Certificate2 theirs = X509CertificateLoader.LoadCertificate(input);
            return CompareFields(ours, theirs) ?? CompareExtensions(ours.Extensions, theirs);
        }
        catch (CryptographicException e)
        {
            return $"accepted, OpenSSL refuses: {e.Message}";
        }
    }

    public override IEnumerable<byte[]> Smaller(byte[] input) => DerMutation.Smaller(input, encapsulated: true).Concat(base.Smaller(input));

    private bool IsOfRealClient(byte[] input) =>
        Seeds.Contains(input) && !CraftedSeeds.Certificates().Any(one => one.AsSpan().SequenceEqual(input));

    private static string? CompareFields(ParsedCertificate ours, X509Certificate2 theirs)
    {
        (string What, bool IsSame)[] fields =
        [
            ("bytes", ours.Raw.Span.SequenceEqual(theirs.RawData)),
            ("version", ours.Version == theirs.Version),
            ("serial number", ours.SerialNumber.Span[0] >= 0x80
                || Stripped(ours.SerialNumber.Span).SequenceEqual(Stripped(theirs.SerialNumberBytes.Span))),
            ("subject", ours.Subject.Span.SequenceEqual(theirs.SubjectName.RawData)),
            ("issuer", ours.Issuer.Span.SequenceEqual(theirs.IssuerName.RawData)),
            ("notBefore", ours.NotBefore == theirs.NotBefore.ToUniversalTime()),
            ("notAfter", ours.NotAfter == theirs.NotAfter.ToUniversalTime()),
            ("key", ours.PublicKey.Bits.Span.SequenceEqual(theirs.PublicKey.EncodedKeyValue.RawData)),
            ("signature algorithm", theirs.SignatureAlgorithm.Value is { Length: > 0 }),
        ];
        string[] different = [.. fields.Where(field => !field.IsSame).Select(field => field.What)];
        return different.Length == 0 ? null : $"OpenSSL reads another {string.Join(", ", different)}";
    }

    private static string? CompareExtensions(CertificateExtensions ours, X509Certificate2 theirs)
    {
        foreach (X509Extension extension in theirs.Extensions)
        {
            bool isSame = extension switch
            {
                X509BasicConstraintsExtension basic => basic.CertificateAuthority == ours.IsCa
                    && (basic.HasPathLengthConstraint ? basic.PathLengthConstraint : null) == ours.PathLength,
                X509KeyUsageExtension usage => (usage.KeyUsages & KnownUsages) == UsagesOf(ours.KeyUsage),
                X509EnhancedKeyUsageExtension purposes => ours.Purposes is { } ids
                    && purposes.EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value).SequenceEqual(ids),
                X509SubjectKeyIdentifierExtension subject => ours.SubjectKeyIdentifier is { } had
                    && subject.SubjectKeyIdentifierBytes.Span.SequenceEqual(had.Span),
                X509AuthorityKeyIdentifierExtension authority => IsSame(authority.KeyIdentifier, ours.AuthorityKeyIdentifier),
                { Oid.Value: AlbatrossOid } => ours.Albatross is { } value && value.Span.SequenceEqual(extension.RawData),
                _ => true,
            };
            if (!isSame)
            {
                return $"OpenSSL reads the extension {extension.GetType().Name} differently";
            }
        }

        bool both = theirs.Extensions[AlbatrossOid] is not null == ours.Albatross is not null;
        return both ? null : "only one of both finds the Albatross extension";
    }

    private static bool IsSame(ReadOnlyMemory<byte>? one, ReadOnlyMemory<byte>? other) =>
        one.HasValue == other.HasValue && one.GetValueOrDefault().Span.SequenceEqual(other.GetValueOrDefault().Span);

    private static X509KeyUsageFlags UsagesOf(KeyUsages? usages)
    {
        var flags = X509KeyUsageFlags.None;
        for (int bit = 0; bit <= 8; bit++)
        {
            bool isSet = usages is { } some && ((int)some & (1 << bit)) != 0;
            flags |= !isSet ? 0 : bit < 8 ? (X509KeyUsageFlags)(0x80 >> bit) : X509KeyUsageFlags.DecipherOnly;
        }

        return flags;
    }

    private static ReadOnlySpan<byte> Stripped(ReadOnlySpan<byte> number) => number.TrimStart((byte)0);
}
