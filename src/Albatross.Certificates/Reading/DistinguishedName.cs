using System.Formats.Asn1;

namespace Albatross.Certificates.Reading;

/// <summary>The common name of a distinguished name (RFC 5280 4.1.2.4): RDNSequence of SET OF { type, value }.</summary>
internal static class DistinguishedName
{
    private const int MaxRdns = 64;

    /// <summary>
    /// Reads the whole structure strictly and returns the one common name, or null when there is none. Two are refused: which one counts?
    /// </summary>
    public static string? ReadCommonName(ReadOnlyMemory<byte> name)
    {
        var outer = new AsnReader(name, AsnEncodingRules.DER);
        AsnReader rdns = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        string? commonName = null;
        for (int count = 0; rdns.HasData; count++)
        {
            if (count == MaxRdns)
            {
                throw StrictDer.Malformed($"a name of more than {MaxRdns} parts");
            }

            AsnReader rdn = rdns.ReadSetOf();
            do
            {
                commonName = ReadAttribute(rdn, commonName);
            }
            while (rdn.HasData);
        }

        return commonName;
    }

    private static string? ReadAttribute(AsnReader rdn, string? commonName)
    {
        AsnReader attribute = rdn.ReadSequence();
        bool isCommonName = StrictDer.ReadOid(attribute) == Oids.CommonName;
        if (isCommonName && commonName is not null)
        {
            throw StrictDer.Malformed("a name with two common names");
        }

        if (isCommonName)
        {
            commonName = ReadText(attribute);
        }
        else
        {
            attribute.ReadEncodedValue();
        }

        attribute.ThrowIfNotEmpty();
        return commonName;
    }

    // The peer writes UTF8String. Other string types than these three are refused rather than taken for "no common name",
    // because a leaf without one means the whole path.
    private static string ReadText(AsnReader attribute)
    {
        Asn1Tag tag = attribute.PeekTag();
        var type = (UniversalTagNumber)tag.TagValue;
        bool isText = tag.TagClass == TagClass.Universal
            && type is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String;
        return isText ? attribute.ReadCharacterString(type) : throw StrictDer.Malformed($"a common name of string type {tag}");
    }
}
