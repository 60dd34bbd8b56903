using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using Org.BouncyCastle.X509.Extension;

namespace Albatross.Tests.Certificates;

/// <summary>
/// Certificates that our own issuer would never make, built with BouncyCastle, so that the issuer and the validation do not share a
/// mistake.
/// </summary>
internal sealed record RawCertificate(byte[] Der, KeyPair Key, X509Name Name)
{
    public const string AlbatrossOid = "1.3.6.1.4.1.49836.42";

    /// <summary>The instant at which chains are validated; everything is valid a year around it unless said otherwise.</summary>
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>unikernel info, version 5.</summary>
    public static readonly byte[] InfoCommand = Convert.FromHexString("3009020105A304B3020500");

    public ParsedCertificate Parsed => ParsedCertificate.TryParse(Der, out ParsedCertificate? parsed, out Refusal? refusal)
        ? parsed
        : throw new InvalidOperationException(refusal.Text);

    private AsymmetricKeyParameter Private => PrivateKeyFactory.CreateKey(Key.ToPkcs8());

    private AsymmetricKeyParameter Public => PublicKeyFactory.CreateKey(Key.PublicKey.SubjectPublicKeyInfo.ToArray());

    public static RawCertificate Ca(string name, RawCertificate? issuer, KeyType type, Shape? shape = null) =>
        Make(name, issuer, type, (shape ?? new Shape()) with { IsCa = true });

    public static RawCertificate Leaf(string name, RawCertificate issuer, KeyType type, Shape? shape = null) =>
        Make(name, issuer, type, shape ?? new Shape());

    /// <summary>The same certificate with other content, signed anew by <paramref name="issuer"/>.</summary>
    public RawCertificate Resign(RawCertificate issuer, Func<Asn1Encodable[], Asn1Encodable[]> change)
    {
        Asn1Sequence whole = Asn1Sequence.GetInstance(Der);
        Asn1Encodable[] fields = [.. Asn1Sequence.GetInstance(whole[0]).Cast<Asn1Encodable>()];
        var body = new DerSequence(change(fields));
        byte[] signature = Sign(issuer, body.GetDerEncoded());
        return this with { Der = new DerSequence(body, whole[1], new DerBitString(signature)).GetDerEncoded() };
    }

    private static byte[] Sign(RawCertificate issuer, byte[] body)
    {
        ISigner signer = SignerUtilities.GetSigner(AlgorithmOf(issuer.Key));
        signer.Init(true, issuer.Private);
        signer.BlockUpdate(body, 0, body.Length);
        return signer.GenerateSignature();
    }

    private static RawCertificate Make(string name, RawCertificate? issuer, KeyType type, Shape shape)
    {
        var key = KeyPair.Generate(type, System.Security.Cryptography.RandomNumberGenerator.Fill);
        var subject = new X509Name("CN=" + name);
        var made = new RawCertificate([], key, subject);
        RawCertificate signer = issuer ?? made;
        if (shape.IsVersion1)
        {
            var v1 = new X509V1CertificateGenerator();
            v1.SetSerialNumber(BigInteger.Two);
            v1.SetSubjectDN(subject);
            v1.SetIssuerDN(signer.Name);
            v1.SetNotBefore(shape.NotBefore.UtcDateTime);
            v1.SetNotAfter(shape.NotAfter.UtcDateTime);
            v1.SetPublicKey(made.Public);
            return made with { Der = v1.Generate(new Asn1SignatureFactory(AlgorithmOf(signer.Key), signer.Private)).GetEncoded() };
        }

        var generator = new X509V3CertificateGenerator();
        generator.SetSerialNumber(BigInteger.Two);
        generator.SetSubjectDN(subject);
        generator.SetIssuerDN(signer.Name);
        generator.SetNotBefore(shape.NotBefore.UtcDateTime);
        generator.SetNotAfter(shape.NotAfter.UtcDateTime);
        generator.SetPublicKey(made.Public);
        AddExtensions(generator, made, signer, shape);
        return made with { Der = generator.Generate(new Asn1SignatureFactory(AlgorithmOf(signer.Key), signer.Private)).GetEncoded() };
    }

    private static void AddExtensions(X509V3CertificateGenerator generator, RawCertificate made, RawCertificate signer, Shape shape)
    {
        int usage = shape.KeyUsage ?? (shape.IsCa ? KeyUsage.KeyCertSign | KeyUsage.DigitalSignature : KeyUsage.DigitalSignature);
        generator.AddExtension(
            X509Extensions.BasicConstraints, true, shape.PathLength is { } length ? new BasicConstraints(length)
                : new BasicConstraints(shape.IsCa));
        if (usage != 0)
        {
            generator.AddExtension(X509Extensions.KeyUsage, true, new KeyUsage(usage));
        }

        if (shape.Purpose is { } purpose)
        {
            generator.AddExtension(X509Extensions.ExtendedKeyUsage, true, new ExtendedKeyUsage(purpose));
        }

        generator.AddExtension(X509Extensions.SubjectKeyIdentifier, false, X509ExtensionUtilities.CreateSubjectKeyIdentifier(made.Public));
        generator.AddExtension(X509Extensions.AuthorityKeyIdentifier, false,
            X509ExtensionUtilities.CreateAuthorityKeyIdentifier(signer.Public));
        if (!shape.IsCa)
        {
            generator.AddExtension(new DerObjectIdentifier(AlbatrossOid), shape.IsAlbatrossCritical, Asn1Object.FromByteArray(InfoCommand));
        }

        shape.Extra?.Invoke(generator);
    }

    private static string AlgorithmOf(KeyPair key) => key.Algorithm == KeyAlgorithm.Ed25519 ? "Ed25519" : "SHA256withECDSA";

    /// <summary>What deviates from a good certificate.</summary>
    internal sealed record Shape
    {
        public bool IsCa { get; init; }

        public bool IsVersion1 { get; init; }

        public int? PathLength { get; init; }

        public int? KeyUsage { get; init; }

        public KeyPurposeID? Purpose { get; init; }

        public bool IsAlbatrossCritical { get; init; }

        public DateTimeOffset NotBefore { get; init; } = Now.AddDays(-365);

        public DateTimeOffset NotAfter { get; init; } = Now.AddDays(365);

        public Action<X509V3CertificateGenerator>? Extra { get; init; }
    }
}
