using System.Formats.Asn1;
using System.Security.Cryptography;
using Albatross.Policy;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Albatross.Certificates.Keys;

/// <summary>
/// A private key and its public key. Signatures on certificates are computed from key and data alone: Ed25519 (RFC 8032), deterministic
/// ECDSA (RFC 6979) and RSA PKCS #1 v1.5 need no randomness. The text form shows the kind only.
/// </summary>
public sealed class KeyPair
{
    // Ed25519: the seed of 32 octets; ECDSA: the number, padded to the curve's size; RSA: RSAPrivateKey in DER.
    private readonly byte[] _secret;

    private KeyPair(PublicKey publicKey, byte[] secret)
    {
        PublicKey = publicKey;
        _secret = secret;
    }

    /// <summary>The key for the certificate.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>What kind of key it is.</summary>
    public KeyAlgorithm Algorithm => PublicKey.Algorithm;

    /// <summary>Makes a new key. RSA takes from tenths of a second (2048 bits) to several seconds (4096).</summary>
    public static KeyPair Generate(KeyType type, RandomSource random) => KeyGeneration.Generate(type, random);

    /// <summary>
    /// Reads the first private key of a PEM text: PKCS #8 (version 1, or 2 with the public key), SEC 1 <c>EC PRIVATE KEY</c> or PKCS #1
    /// <c>RSA PRIVATE KEY</c>, unencrypted; or says why it cannot.
    /// </summary>
    public static bool TryReadPem(string pem, [NotNullWhen(true)] out KeyPair? key, [NotNullWhen(false)] out Refusal? refusal)
    {
        key = null;
        if (!Pem.TryParse(pem, out ImmutableArray<PemBlock> blocks, out refusal))
        {
            return false;
        }

        PemBlock? block = blocks.FirstOrDefault(b => b.Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal));
        if (block is null)
        {
            refusal = new Refusal(RefusalCode.CertificateMalformed, "the text holds no private key in PEM form");
            return false;
        }

        key = PrivateKeyReader.Read(block, out refusal);
        return key is not null;
    }

    /// <summary>PKCS #8 of version 1 in DER: OpenSSL 3.0 and the original refuse version 2. Secret.</summary>
    public byte[] ToPkcs8()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            PublicKey.WriteAlgorithm(writer, Algorithm);
            using (writer.PushOctetString())
            {
                WriteSecret(writer);
            }
        }

        return writer.Encode();
    }

    /// <summary><see cref="ToPkcs8"/> as PEM. Secret.</summary>
    public string ToPem() => Pem.Write("PRIVATE KEY", ToPkcs8());

    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm} key";

    /// <summary>
    /// The signature of <paramref name="data"/> by <c>SignatureAlgorithm.For(Algorithm)</c>, as it stands in a certificate.
    /// </summary>
    internal byte[] Sign(ReadOnlySpan<byte> data)
    {
        SignatureAlgorithm algorithm = SignatureAlgorithm.For(Algorithm);
        switch (Algorithm)
        {
            case KeyAlgorithm.Ed25519:
                byte[] signature = new byte[Ed25519.SignatureSize];
                Ed25519.Sign(_secret, data, signature);
                return signature;
            case KeyAlgorithm.Rsa:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportRSAPrivateKey(_secret, out _);
                    return rsa.SignData(data, algorithm.Hash, RSASignaturePadding.Pkcs1);
                }

            default:
                return SignEcdsa(CryptographicOperations.HashData(algorithm.Hash, data));
        }
    }

    internal static KeyPair OfEd25519(byte[] seed)
    {
        byte[] point = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed, point);
        return new KeyPair(PublicKey.Create(KeyAlgorithm.Ed25519, point), seed);
    }

    /// <summary>Null when the number is out of range.</summary>
    internal static KeyPair? OfCurve(NamedCurve curve, ReadOnlySpan<byte> number)
    {
        if (number.Length > curve.FieldBytes || curve.PublicPoint(number) is not { } point)
        {
            return null;
        }

        byte[] secret = new byte[curve.FieldBytes];
        number.CopyTo(secret.AsSpan(curve.FieldBytes - number.Length));
        return new KeyPair(PublicKey.Create(curve.Algorithm, point), secret);
    }

    internal static KeyPair OfRsa(byte[] pkcs1)
    {
        using var rsa = RSA.Create();
        rsa.ImportRSAPrivateKey(pkcs1, out _);
        return new KeyPair(PublicKey.Create(KeyAlgorithm.Rsa, rsa.ExportRSAPublicKey()), pkcs1);
    }

    private void WriteSecret(AsnWriter writer)
    {
        switch (Algorithm)
        {
            case KeyAlgorithm.Ed25519:
                writer.WriteOctetString(_secret);
                break;
            case KeyAlgorithm.Rsa:
                writer.WriteEncodedValue(_secret);
                break;
            default:
                using (writer.PushSequence())
                {
                    writer.WriteInteger(1);
                    writer.WriteOctetString(_secret);
                    using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
                    {
                        writer.WriteBitString(PublicKey.Bits.Span);
                    }
                }

                break;
        }
    }

    private byte[] SignEcdsa(byte[] hash)
    {
        ECDomainParameters domain = NamedCurve.Of(Algorithm).Domain;
        var signer = new ECDsaSigner(new HMacDsaKCalculator(hash.Length switch
        {
            32 => new Sha256Digest(),
            48 => new Sha384Digest(),
            _ => new Sha512Digest(),
        }));
        signer.Init(true, new ECPrivateKeyParameters(new BigInteger(1, _secret), domain));
        BigInteger[] numbers = signer.GenerateSignature(hash);
        return StandardDsaEncoding.Instance.Encode(domain.N, numbers[0], numbers[1]);
    }
}
