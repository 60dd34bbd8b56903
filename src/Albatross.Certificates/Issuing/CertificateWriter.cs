using System.Formats.Asn1;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;

namespace Albatross.Certificates.Issuing;

/// <summary>A template in DER (RFC 5280 4.1). An extension of many MiB is copied twice: into the writer and into the result.</summary>
internal static class CertificateWriter
{
    private const int SerialNumberBytes = 16;
    private const int RoomForTheRest = 4096;

    public static ParsedCertificate Write(CertificateTemplate template, KeyPair signer, RandomSource random)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, RoomForTheRest + (template.Albatross?.Length ?? 0));
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                writer.WriteInteger(2);
            }

            writer.WriteInteger(NewSerialNumber(random));
            writer.WriteEncodedValue(SignatureAlgorithm.For(signer.Algorithm).Der);
            writer.WriteEncodedValue(template.Issuer.Span);
            using (writer.PushSequence())
            {
                DerFields.WriteTime(writer, template.Validity.NotBefore);
                DerFields.WriteTime(writer, template.Validity.NotAfter);
            }

            writer.WriteEncodedValue(template.Subject.Span);
            writer.WriteEncodedValue(template.PublicKey.SubjectPublicKeyInfo.Span);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
            using (writer.PushSequence())
            {
                WriteExtensions(writer, template);
            }
        }

        return ParsedCertificate.TryParse(DerFields.Sign(writer, signer), out ParsedCertificate? certificate, out var refusal)
            ? certificate
            : throw new UnreachableException($"an issued certificate does not read back: {refusal.Text}");
    }

    // Positive, not zero, minimal: the first bits are 01.
    private static byte[] NewSerialNumber(RandomSource random)
    {
        byte[] number = new byte[SerialNumberBytes];
        random(number);
        number[0] = (byte)((number[0] & 0x7F) | 0x40);
        return number;
    }

    private static void WriteExtensions(AsnWriter writer, CertificateTemplate template)
    {
        DerFields.WriteExtension(writer, Oids.BasicConstraints, isCritical: true, w => WriteBasicConstraints(w, template.IsCa));
        DerFields.WriteExtension(writer, Oids.KeyUsage, isCritical: true, w => WriteKeyUsage(w, template.KeyUsage));
        if (template.Purpose is { } purpose)
        {
            DerFields.WriteExtension(writer, Oids.ExtendedKeyUsage, isCritical: true, w => WritePurpose(w, purpose));
        }

        if (!template.Names.IsEmpty)
        {
            DerFields.WriteExtension(writer, Oids.SubjectAlternativeName, isCritical: false, w => WriteNames(w, template.Names));
        }

        DerFields.WriteExtension(
            writer, Oids.SubjectKeyIdentifier, isCritical: false, w => w.WriteOctetString(DerFields.KeyIdentifier(template.PublicKey)));
        if (template.AuthorityKeyIdentifier is { } identifier)
        {
            DerFields.WriteExtension(
                writer, Oids.AuthorityKeyIdentifier, isCritical: false, w => WriteAuthorityKeyIdentifier(w, identifier.Span));
        }

        if (template.Albatross is { } value)
        {
            DerFields.WriteAlbatross(writer, value.Span);
        }
    }

    private static void WriteBasicConstraints(AsnWriter writer, bool isCa)
    {
        using (writer.PushSequence())
        {
            if (isCa)
            {
                writer.WriteBoolean(true);
            }
        }
    }

    // All usages written here lie in the first octet: bit n of the BIT STRING is 0x80 >> n. Trailing zero bits are left out (X.690 11.2.2).
    private static void WriteKeyUsage(AsnWriter writer, KeyUsages usage)
    {
        int octet = 0;
        int last = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            if (((int)usage & (1 << bit)) != 0)
            {
                octet |= 0x80 >> bit;
                last = bit;
            }
        }

        writer.WriteBitString([(byte)octet], 7 - last);
    }

    private static void WritePurpose(AsnWriter writer, string purpose)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(purpose);
        }
    }

    private static void WriteNames(AsnWriter writer, ImmutableArray<ServerName> names)
    {
        using (writer.PushSequence())
        {
            foreach (ServerName name in names)
            {
                if (name.Address is { } address)
                {
                    writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
                }
                else
                {
                    writer.WriteCharacterString(UniversalTagNumber.IA5String, name.Text, new Asn1Tag(TagClass.ContextSpecific, 2));
                }
            }
        }
    }

    private static void WriteAuthorityKeyIdentifier(AsnWriter writer, ReadOnlySpan<byte> identifier)
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(identifier, new Asn1Tag(TagClass.ContextSpecific, 0));
        }
    }
}
