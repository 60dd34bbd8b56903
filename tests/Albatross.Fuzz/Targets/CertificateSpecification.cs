using System.Formats.Asn1;
using System.Security.Cryptography;
using Albatross.Fuzz.Harness;

namespace Albatross.Fuzz.Targets;

/// <summary>A certificate as a few numbers: what the oracle of chains reasons with, and what real bytes are made of.</summary>
/// <param name="Subject">Which name it is for.</param>
/// <param name="Issuer">Which name it says to be issued by.</param>
/// <param name="Key">Which key it certifies.</param>
/// <param name="Signer">Which key signed it.</param>
/// <param name="Version">1 or 3; the former has no extensions.</param>
/// <param name="IsCa">BasicConstraints.</param>
/// <param name="PathLength">BasicConstraints; null when not limited or no CA.</param>
/// <param name="KeyUsage">First octet of the bits; null when absent.</param>
/// <param name="Purpose">0 absent, 1 client, 2 server, 3 any, 4 another.</param>
/// <param name="SubjectKey">Which key's identifier it has; null when absent.</param>
/// <param name="AuthorityKey">Which key's identifier it names; null when absent.</param>
/// <param name="Period">0 valid, 1 over, 2 not begun.</param>
/// <param name="Oddity">0 none, 1 an unknown critical extension, 2 name constraints, 3 a critical Albatross extension.</param>
internal sealed record CertificateSpecification(
    int Subject, int Issuer, int Key, int Signer, int Version, bool IsCa, int? PathLength, int? KeyUsage, int Purpose, int? SubjectKey,
    int? AuthorityKey, int Period, int Oddity)
{
    public const int Keys = 4;
    public const int Names = 5;
    public const int SignBit = 0x80;
    public const int CertSignBit = 0x04;

    private static readonly string[] PurposeOids = ["", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "2.5.29.37.0", "1.3.6.1.5.5.7.3.3"];

    /// <summary>The instant at which period 0 is valid.</summary>
    public static DateTimeOffset Now { get; } = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Mostly sound ones.</summary>
    public static CertificateSpecification Random(SeededRandom random)
    {
        bool isCa = !random.OneIn(3);
        int signer = random.Below(Keys), key = random.Below(Keys);
        return new CertificateSpecification(
            Subject: random.OneIn(16) ? Names - 1 : key,
            Issuer: random.OneIn(16) ? Names - 1 : signer,
            key,
            random.OneIn(16) ? random.Below(Keys) : signer,
            Version: random.OneIn(32) ? 1 : 3,
            isCa,
            isCa && random.OneIn(4) ? random.Below(3) : null,
            random.OneIn(16) ? null : random.OneIn(16) ? random.Below(256) : isCa ? SignBit | CertSignBit : SignBit,
            random.OneIn(3) ? 1 + random.Below(4) : random.OneIn(2) ? 0 : 1,
            random.OneIn(8) ? null : key,
            random.OneIn(8) ? null : random.OneIn(24) ? random.Below(Keys) : signer,
            random.OneIn(16) ? 1 + random.Below(2) : 0,
            random.OneIn(16) ? 1 + random.Below(3) : 0);
    }

    /// <summary>The certificate in DER.</summary>
    public byte[] Make(ECDsa[] keys, int serial)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (Version == 3)
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                {
                    writer.WriteInteger(2);
                }
            }

            writer.WriteInteger(serial);
            WriteAlgorithm(writer);
            WriteName(writer, Issuer);
            using (writer.PushSequence())
            {
                writer.WriteUtcTime(Now.AddDays(Period == 2 ? 1 : -20));
                writer.WriteUtcTime(Now.AddDays(Period == 1 ? -1 : 20));
            }

            WriteName(writer, Subject);
            writer.WriteEncodedValue(keys[Key].ExportSubjectPublicKeyInfo());
            if (Version == 3)
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
                using (writer.PushSequence())
                {
                    WriteExtensions(writer);
                }
            }
        }

        byte[] body = writer.Encode();
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(body);
            WriteAlgorithm(writer);
            writer.WriteBitString(keys[Signer].SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return writer.Encode();
    }

    private static void WriteAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
        }
    }

    private static void WriteName(AsnWriter writer, int name)
    {
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("2.5.4.3");
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, $"name{name}");
        }
    }

    private void WriteExtensions(AsnWriter writer)
    {
        Write(writer, "2.5.29.19", true, value =>
        {
            using (value.PushSequence())
            {
                if (IsCa)
                {
                    value.WriteBoolean(true);
                }

                if (PathLength is { } length)
                {
                    value.WriteInteger(length);
                }
            }
        });
        if (KeyUsage is { } usage)
        {
            Write(writer, "2.5.29.15", true, value => value.WriteBitString([(byte)usage]));
        }

        if (Purpose != 0)
        {
            Write(writer, "2.5.29.37", true, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteObjectIdentifier(PurposeOids[Purpose]);
                }
            });
        }

        if (SubjectKey is { } subject)
        {
            Write(writer, "2.5.29.14", false, value => value.WriteOctetString([(byte)subject, 1, 2]));
        }

        if (AuthorityKey is { } authority)
        {
            Write(writer, "2.5.29.35", false, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteOctetString([(byte)authority, 1, 2], new Asn1Tag(TagClass.ContextSpecific, 0));
                }
            });
        }

        if (Oddity != 0)
        {
            string oid = Oddity switch { 1 => "1.3.6.1.4.1.99999.1", 2 => "2.5.29.30", _ => "1.3.6.1.4.1.49836.42" };
            Write(writer, oid, true, value => value.WriteNull());
        }
    }

    private static void Write(AsnWriter writer, string oid, bool isCritical, Action<AsnWriter> write)
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
                write(writer);
            }
        }
    }
}
