using System.Formats.Asn1;
using System.Security.Cryptography;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Albatross.Certificates.Keys;

/// <summary>
/// The common forms of an unencrypted private key: PKCS #8 version 1 and 2 (RFC 5958), SEC 1 (RFC 5915) and PKCS #1 (RFC 8017 A.1.2).
/// A public key beside the private one is not used but computed.
/// </summary>
internal static class PrivateKeyReader
{
    /// <summary>The forms by their PEM label (RFC 7468 section 10, and what OpenSSL writes).</summary>
    public static KeyPair? Read(PemBlock block, out Refusal? refusal)
    {
        Func<AsnReader, KeyPair>? form = block.Label switch
        {
            "PRIVATE KEY" => ReadPkcs8,
            "EC PRIVATE KEY" => reader => ReadEc(reader, null),
            "RSA PRIVATE KEY" => ReadRsa,
            _ => null,
        };
        if (form is null)
        {
            refusal =
                new Refusal(RefusalCode.UnsupportedKey, $"a key file of form '{block.Label}' is not accepted; use unencrypted PKCS #8");
            return null;
        }

        return StrictDer.ReadOne(block.Der, "not a private key", form, out refusal);
    }

    private static KeyPair ReadPkcs8(AsnReader reader)
    {
        AsnReader fields = reader.ReadSequence();
        if (!fields.TryReadInt32(out int version) || version is not (0 or 1))
        {
            throw StrictDer.Malformed("PKCS #8 of an unknown version");
        }

        AsnReader algorithm = fields.ReadSequence();
        var secret = new AsnReader(StrictDer.ReadOctets(fields), AsnEncodingRules.DER);
        string oid = StrictDer.ReadOid(algorithm);
        KeyPair key = oid switch
        {
            PublicKey.Ed25519Oid => ReadEd25519(secret),
            PublicKey.EcPublicKeyOid => ReadEc(secret, StrictDer.ReadOid(algorithm)),
            PublicKey.RsaEncryptionOid => ReadRsa(secret),
            _ => throw new CertificateContentException(RefusalCode.UnsupportedKey, $"a key of kind {oid}"),
        };
        secret.ThrowIfNotEmpty();
        SkipOptional(fields, 0);
        SkipOptional(fields, 1);
        fields.ThrowIfNotEmpty();
        return key;
    }

    private static KeyPair ReadEd25519(AsnReader reader)
    {
        byte[] seed = StrictDer.ReadOctets(reader).ToArray();
        return seed.Length == Ed25519.SecretKeySize ? KeyPair.OfEd25519(seed)
            : throw StrictDer.Malformed("an Ed25519 key that is not of 32 octets");
    }

    private static KeyPair ReadEc(AsnReader reader, string? curveOid)
    {
        AsnReader fields = reader.ReadSequence();
        if (!fields.TryReadInt32(out int version) || version != 1)
        {
            throw StrictDer.Malformed("an EC key of an unknown version");
        }

        ReadOnlyMemory<byte> secret = StrictDer.ReadOctets(fields);
        if (StrictDer.NextIs(fields, 0))
        {
            AsnReader parameters = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
            string oid = StrictDer.ReadOid(parameters);
            parameters.ThrowIfNotEmpty();
            curveOid = curveOid is null || curveOid == oid ? oid : throw StrictDer.Malformed("an EC key that names two curves");
        }

        SkipOptional(fields, 1);
        fields.ThrowIfNotEmpty();
        NamedCurve curve = NamedCurve.Find(curveOid ?? "")
            ?? throw new CertificateContentException(RefusalCode.UnsupportedKey, "an EC key on none of P-256, P-384 and P-521");
        return KeyPair.OfCurve(curve, secret.Span) ?? throw StrictDer.Malformed("an EC key whose number is out of range");
    }

    private static KeyPair ReadRsa(AsnReader reader)
    {
        byte[] pkcs1 = StrictDer.ReadEncodedSequence(reader).ToArray();
        try
        {
            return KeyPair.OfRsa(pkcs1);
        }
        catch (CryptographicException e)
        {
            throw StrictDer.Malformed(e.Message);
        }
    }

    private static void SkipOptional(AsnReader fields, int number)
    {
        if (StrictDer.NextIs(fields, number))
        {
            fields.ReadEncodedValue();
        }
    }
}
