using System.Formats.Asn1;

namespace Albatross.Certificates.Reading;

/// <summary>The common name of a distinguished name (RFC 5280 4.1.2.4): RDNSequence of SET OF { type, value }.</summary>
internal static class DistinguishedName
{
    private const int MaxAttributes = 64;
    private const int MaxBytes = 64 << 10;

    /// <summary>
    /// Reads the whole structure strictly and returns the one common name, or null when there is none. Two are refused: which one counts?
    /// </summary>
    public static string? ReadCommonName(ReadOnlyMemory<byte> name)
    {
        string? commonName = null;
        ReadAttributes(name, (attribute, isCommonName) =>
        {
            if (!isCommonName)
            {
                PassText(attribute);
                return;
            }

            commonName = commonName is null ? ReadText(attribute) : throw StrictDer.Malformed("a name with two common names");
        });
        return commonName;
    }

    /// <summary>Insists on a well-formed name, whatever stands in it.</summary>
    public static void Check(ReadOnlyMemory<byte> name) => ReadAttributes(name, static (attribute, _) => PassText(attribute));

    // Gives the reader of each attribute, behind its type, and whether it is a common name.
    private static void ReadAttributes(ReadOnlyMemory<byte> name, Action<AsnReader, bool> readValue)
    {
        if (name.Length > MaxBytes)
        {
            throw StrictDer.Malformed($"a name of more than {MaxBytes} bytes");
        }

        var outer = new AsnReader(name, AsnEncodingRules.DER);
        AsnReader rdns = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        int count = 0;
        while (rdns.HasData)
        {
            AsnReader rdn = rdns.ReadSetOf();
            do
            {
                if (++count > MaxAttributes)
                {
                    throw StrictDer.Malformed($"a name of more than {MaxAttributes} parts");
                }

                AsnReader attribute = rdn.ReadSequence();
                readValue(attribute, StrictDer.ReadOid(attribute) == Oids.CommonName);
                attribute.ThrowIfNotEmpty();
            }
            while (rdn.HasData);
        }
    }

    // Of an attribute that does not count only the form does: other readers refuse a name with anything but text.
    private static void PassText(AsnReader attribute)
    {
        Asn1Tag tag = attribute.PeekTag();
        if (tag == new Asn1Tag(UniversalTagNumber.UTF8String))
        {
            attribute.ReadCharacterString(UniversalTagNumber.UTF8String);
            return;
        }

        var type = (UniversalTagNumber)tag.TagValue;
        bool isText = tag.TagClass == TagClass.Universal
            && type is UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.TeletexString
            && attribute.TryReadPrimitiveCharacterStringBytes(tag, out _);
        if (!isText)
        {
            throw StrictDer.Malformed($"a name with an attribute of type {tag}");
        }
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
