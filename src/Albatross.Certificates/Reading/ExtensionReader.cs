using System.Formats.Asn1;

namespace Albatross.Certificates.Reading;

/// <summary>Extensions ::= SEQUENCE OF { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } (RFC 5280 4.1).</summary>
internal static class ExtensionReader
{
    private const int MaxExtensions = 64;
    private const int MaxEntries = 100;

    /// <summary>Reads all; an extension that occurs twice and an encoded DEFAULT are malformed.</summary>
    public static CertificateExtensions Read(AsnReader reader)
    {
        AsnReader all = reader.ReadSequence();
        if (!all.HasData)
        {
            throw StrictDer.Malformed("an empty list of extensions");
        }

        var result = new CertificateExtensions();
        var seen = new HashSet<string>();
        while (all.HasData)
        {
            AsnReader one = all.ReadSequence();
            string oid = StrictDer.ReadOid(one);
            bool isCritical = ReadDefaultFalse(one);
            ReadOnlyMemory<byte> value = StrictDer.ReadOctets(one);
            one.ThrowIfNotEmpty();
            if (!seen.Add(oid))
            {
                throw StrictDer.Malformed($"the extension {oid} twice");
            }

            if (seen.Count > MaxExtensions)
            {
                throw StrictDer.Malformed($"more than {MaxExtensions} extensions");
            }

            Take(result, oid, value);
            result.Unacceptable ??= Objection(oid, isCritical);
        }

        return result;
    }

    private static string? Objection(string oid, bool isCritical) => oid switch
    {
        Oids.NameConstraints => "name constraints, which are not evaluated here",
        Oids.BasicConstraints or Oids.KeyUsage or Oids.ExtendedKeyUsage or Oids.SubjectAlternativeName => null,
        Oids.Albatross when isCritical => "an Albatross extension that is marked critical",
        _ => isCritical ? $"the critical extension {oid}" : null,
    };

    private static void Take(CertificateExtensions result, string oid, ReadOnlyMemory<byte> value)
    {
        if (oid == Oids.Albatross)
        {
            result.Albatross = value;
            return;
        }

        var reader = new AsnReader(value, AsnEncodingRules.DER);
        switch (oid)
        {
            case Oids.BasicConstraints:
                (result.IsCa, result.PathLength) = ReadBasicConstraints(reader);
                break;
            case Oids.KeyUsage:
                result.KeyUsage = ReadKeyUsage(reader);
                break;
            case Oids.ExtendedKeyUsage:
                result.Purposes = ReadPurposes(reader);
                break;
            case Oids.SubjectAlternativeName:
                (result.DnsNames, result.IpAddresses) = ReadNames(reader);
                break;
            case Oids.SubjectKeyIdentifier:
                result.SubjectKeyIdentifier = StrictDer.ReadOctets(reader);
                break;
            case Oids.AuthorityKeyIdentifier:
                result.AuthorityKeyIdentifier = ReadAuthorityKeyIdentifier(reader);
                break;
            default:
                return;
        }

        reader.ThrowIfNotEmpty();
    }

    private static bool ReadDefaultFalse(AsnReader reader)
    {
        if (!reader.HasData || reader.PeekTag() != Asn1Tag.Boolean)
        {
            return false;
        }

        return reader.ReadBoolean() ? true : throw StrictDer.Malformed("an encoded DEFAULT (FALSE)");
    }

    private static (bool IsCa, int? PathLength) ReadBasicConstraints(AsnReader reader)
    {
        AsnReader fields = reader.ReadSequence();
        bool isCa = ReadDefaultFalse(fields);
        int? pathLength = null;
        if (fields.HasData)
        {
            pathLength = fields.TryReadInt32(out int length) && length >= 0 && isCa ? length
                : throw StrictDer.Malformed("a bad path length");
        }

        fields.ThrowIfNotEmpty();
        return (isCa, pathLength);
    }

    // The peer's bit lists are not minimal (03 03 07 C6 00), so this reads the bits and not a "named bit list".
    private static KeyUsages ReadKeyUsage(AsnReader reader)
    {
        byte[] bits = reader.ReadBitString(out int unused);
        if (bits.Length > 2)
        {
            throw StrictDer.Malformed("a key usage of more than two octets");
        }

        int usages = 0;
        for (int bit = 0; bit < bits.Length * 8 - unused && bit <= 8; bit++)
        {
            if ((bits[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                usages |= 1 << bit;
            }
        }

        return (KeyUsages)usages;
    }

    private static ImmutableArray<string> ReadPurposes(AsnReader reader)
    {
        AsnReader list = reader.ReadSequence();
        var purposes = ImmutableArray.CreateBuilder<string>();
        do
        {
            purposes.Add(StrictDer.ReadOid(list));
            RequireFewEntries(purposes.Count);
        }
        while (list.HasData);

        return purposes.DrainToImmutable();
    }

    private static (ImmutableArray<string> Dns, ImmutableArray<ReadOnlyMemory<byte>> Ips) ReadNames(AsnReader reader)
    {
        var dnsTag = new Asn1Tag(TagClass.ContextSpecific, 2);
        var ipTag = new Asn1Tag(TagClass.ContextSpecific, 7);
        var dns = ImmutableArray.CreateBuilder<string>();
        var ips = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        AsnReader list = reader.ReadSequence();
        for (int count = 1; list.HasData; count++)
        {
            RequireFewEntries(count);
            if (list.PeekTag() == dnsTag)
            {
                dns.Add(list.ReadCharacterString(UniversalTagNumber.IA5String, dnsTag));
            }
            else if (list.PeekTag() == ipTag)
            {
                ReadOnlyMemory<byte> ip = StrictDer.ReadOctets(list, ipTag);
                ips.Add(ip.Length is 4 or 16 ? ip : throw StrictDer.Malformed("an IP address of neither 4 nor 16 octets"));
            }
            else
            {
                list.ReadEncodedValue();
            }
        }

        return (dns.DrainToImmutable(), ips.DrainToImmutable());
    }

    private static ReadOnlyMemory<byte>? ReadAuthorityKeyIdentifier(AsnReader reader)
    {
        AsnReader fields = reader.ReadSequence();

        // A bare null would be converted to an empty array, and so to an identifier that no issuer has.
        ReadOnlyMemory<byte>? keyIdentifier = StrictDer.NextIs(fields, 0)
            ? StrictDer.ReadOctets(fields, new Asn1Tag(TagClass.ContextSpecific, 0))
            : default(ReadOnlyMemory<byte>?);
        bool hasIssuer = StrictDer.NextIs(fields, 1);
        if (hasIssuer)
        {
            fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 1));
        }

        bool hasSerial = StrictDer.NextIs(fields, 2);
        if (hasSerial)
        {
            fields.ReadIntegerBytes(new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        fields.ThrowIfNotEmpty();
        if (hasIssuer != hasSerial)
        {
            throw StrictDer.Malformed("an authority key identifier with only one of issuer and serial number");
        }

        return keyIdentifier;
    }

    private static void RequireFewEntries(int count)
    {
        if (count > MaxEntries)
        {
            throw StrictDer.Malformed($"an extension with more than {MaxEntries} entries");
        }
    }
}
