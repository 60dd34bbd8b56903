using System.Formats.Asn1;
using System.Security.Cryptography;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;

namespace Albatross.Certificates.Issuing;

/// <summary>The parts that certificates and signing requests share, in DER.</summary>
internal static class DerFields
{
    private const int FirstGeneralizedYear = 2050;

    /// <summary>A name of one RDN: the common name as UTF8String, as the peer writes it.</summary>
    public static byte[] Name(string commonName)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.CommonName);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, commonName);
        }

        return writer.Encode();
    }

    /// <summary>The SHA-1 of the key's bits (RFC 5280 4.2.1.2, method 1). It is an identifier; nothing relies on its strength.</summary>
#pragma warning disable CA5350 // The identifier must equal the peer's, which is SHA-1.
    public static byte[] KeyIdentifier(PublicKey key) => SHA1.HashData(key.Bits.Span);
#pragma warning restore CA5350

    /// <summary>One extension whose value <paramref name="writeValue"/> writes inside the OCTET STRING.</summary>
    public static void WriteExtension(AsnWriter writer, string oid, bool isCritical, Action<AsnWriter> writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (isCritical)
            {
                writer.WriteBoolean(true);
            }

            using (writer.PushOctetString())
            {
                writeValue(writer);
            }
        }
    }

    /// <summary>
    /// The Albatross extension, never critical (the peer refuses it otherwise); the value goes in as it is, in one OCTET STRING.
    /// </summary>
    public static void WriteAlbatross(AsnWriter writer, ReadOnlySpan<byte> value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.Albatross);
            writer.WriteOctetString(value);
        }
    }

    /// <summary>UTCTime before 2050, GeneralizedTime from then on (RFC 5280 4.1.2.5).</summary>
    public static void WriteTime(AsnWriter writer, DateTimeOffset instant)
    {
        if (instant.UtcDateTime.Year < FirstGeneralizedYear)
        {
            writer.WriteUtcTime(instant, twoDigitYearMax: FirstGeneralizedYear - 1);
        }
        else
        {
            writer.WriteGeneralizedTime(instant, omitFractionalSeconds: true);
        }
    }

    /// <summary>SIGNED { body }: signs what <paramref name="body"/> holds and puts both together with one copy of a big body.</summary>
    public static byte[] Sign(AsnWriter body, KeyPair key) => body.Encode(encoded =>
    {
        var tail = new AsnWriter(AsnEncodingRules.DER);
        tail.WriteEncodedValue(SignatureAlgorithm.For(key.Algorithm).Der);
        tail.WriteBitString(key.Sign(encoded));
        byte[] end = tail.Encode();
        byte[] header = SequenceHeader(encoded.Length + end.Length);
        byte[] whole = new byte[header.Length + encoded.Length + end.Length];
        header.CopyTo(whole, 0);
        encoded.CopyTo(whole.AsSpan(header.Length));
        end.CopyTo(whole, header.Length + encoded.Length);
        return whole;
    });

    // Always longer than 127 octets here, so the length has its long form; minimal, as DER wants it (X.690 10.1).
    private static byte[] SequenceHeader(int length) => length switch
    {
        <= 0xFF => [0x30, 0x81, (byte)length],
        <= 0xFFFF => [0x30, 0x82, (byte)(length >> 8), (byte)length],
        <= 0xFFFFFF => [0x30, 0x83, (byte)(length >> 16), (byte)(length >> 8), (byte)length],
        _ => [0x30, 0x84, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length],
    };
}
