using System.Formats.Asn1;
using System.Numerics;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates.Keys;

/// <summary>
/// A public key of an accepted kind as it stands in a certificate (SubjectPublicKeyInfo, RFC 5280 4.1.2.7): Ed25519; ECDSA on P-256, P-384
/// or P-521 with a named curve and an uncompressed point; RSA of 2048 to 8192 bits with an odd exponent of at most 33 bits.
/// </summary>
public sealed class PublicKey
{
    /// <summary>The smallest RSA key, in bits. The original accepts 1024; such a key can be broken.</summary>
    public const int MinRsaBits = 2048;

    /// <summary>The largest RSA key, in bits: a stranger's key must not cost seconds.</summary>
    public const int MaxRsaBits = 8192;

    internal const string EcPublicKeyOid = "1.2.840.10045.2.1";
    internal const string RsaEncryptionOid = "1.2.840.113549.1.1.1";
    internal const string Ed25519Oid = "1.3.101.112";

    private PublicKey(KeyAlgorithm algorithm, ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> bits)
    {
        Algorithm = algorithm;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        Bits = bits;
    }

    /// <summary>What kind of key it is.</summary>
    public KeyAlgorithm Algorithm { get; }

    /// <summary>The whole structure in DER, as read.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>The content of the BIT STRING: 32 octets, an uncompressed point, or an RSAPublicKey.</summary>
    public ReadOnlyMemory<byte> Bits { get; }

    /// <summary>Whether both are the same key, by their bytes.</summary>
    public bool IsSameAs(PublicKey other) => SubjectPublicKeyInfo.Span.SequenceEqual(other.SubjectPublicKeyInfo.Span);

    /// <summary>Reads exactly one SubjectPublicKeyInfo, or says why it is not accepted.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> der, [NotNullWhen(true)] out PublicKey? key, [NotNullWhen(false)] out Refusal? refusal)
    {
        key = StrictDer.ReadOne(der, "not a public key", reader => Read(reader), out refusal);
        return key is not null;
    }

    /// <summary>Builds the structure for the content of its BIT STRING.</summary>
    internal static PublicKey Create(KeyAlgorithm algorithm, byte[] bits)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            WriteAlgorithm(writer, algorithm);
            writer.WriteBitString(bits);
        }

        return Read(new AsnReader(writer.Encode(), AsnEncodingRules.DER));
    }

    /// <summary>The AlgorithmIdentifier of a key, the same in a SubjectPublicKeyInfo and in PKCS #8.</summary>
    internal static void WriteAlgorithm(AsnWriter writer, KeyAlgorithm algorithm)
    {
        using (writer.PushSequence())
        {
            switch (algorithm)
            {
                case KeyAlgorithm.Ed25519:
                    writer.WriteObjectIdentifier(Ed25519Oid);
                    break;
                case KeyAlgorithm.Rsa:
                    writer.WriteObjectIdentifier(RsaEncryptionOid);
                    writer.WriteNull();
                    break;
                default:
                    writer.WriteObjectIdentifier(EcPublicKeyOid);
                    writer.WriteObjectIdentifier(NamedCurve.Of(algorithm).Oid);
                    break;
            }
        }
    }

    internal static PublicKey Read(AsnReader reader)
    {
        ReadOnlyMemory<byte> whole = StrictDer.ReadEncodedSequence(reader);
        AsnReader fields = new AsnReader(whole, AsnEncodingRules.DER).ReadSequence();
        AsnReader algorithm = fields.ReadSequence();
        ReadOnlyMemory<byte> bits = StrictDer.ReadWholeBits(fields);
        fields.ThrowIfNotEmpty();
        string oid = StrictDer.ReadOid(algorithm);
        KeyAlgorithm kind = oid switch
        {
            Ed25519Oid => Require(bits.Length == 32, KeyAlgorithm.Ed25519),
            EcPublicKeyOid => ReadCurve(algorithm, bits.Span),
            RsaEncryptionOid => ReadRsa(algorithm, bits),
            _ => throw Unsupported($"a key of kind {oid}; Ed25519, P-256, P-384, P-521 and RSA are accepted"),
        };
        algorithm.ThrowIfNotEmpty();
        return new PublicKey(kind, whole, bits);
    }

    private static KeyAlgorithm ReadCurve(AsnReader algorithm, ReadOnlySpan<byte> point)
    {
        string oid = StrictDer.ReadOid(algorithm);
        NamedCurve curve = NamedCurve.Find(oid) ?? throw Unsupported($"the curve {oid}; P-256, P-384 and P-521 are accepted");
        return Require(point.Length == 1 + 2 * curve.FieldBytes && point[0] == 4, curve.Algorithm);
    }

    private static KeyAlgorithm ReadRsa(AsnReader algorithm, ReadOnlyMemory<byte> bits)
    {
        algorithm.ReadNull();
        var reader = new AsnReader(bits, AsnEncodingRules.DER);
        AsnReader numbers = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        ReadOnlyMemory<byte> modulus = numbers.ReadIntegerBytes();
        ReadOnlyMemory<byte> exponent = numbers.ReadIntegerBytes();
        numbers.ThrowIfNotEmpty();
        if (modulus.Length > MaxRsaBits / 8 + 1 || exponent.Length > 5)
        {
            throw Unsupported($"an RSA key of more than {MaxRsaBits} bits or with an exponent of more than 33 bits");
        }

        var n = new BigInteger(modulus.Span, isBigEndian: true);
        var e = new BigInteger(exponent.Span, isBigEndian: true);
        if (n.Sign <= 0 || n.IsEven || n.GetBitLength() < MinRsaBits || e < 3 || e.IsEven)
        {
            throw Unsupported($"an RSA key of fewer than {MinRsaBits} bits or with unusable numbers");
        }

        return KeyAlgorithm.Rsa;
    }

    private static KeyAlgorithm Require(bool holds, KeyAlgorithm kind) =>
        holds ? kind : throw StrictDer.Malformed($"a public key of the wrong length for {kind}");

    private static CertificateContentException Unsupported(string text) => new(RefusalCode.UnsupportedKey, text);
}
