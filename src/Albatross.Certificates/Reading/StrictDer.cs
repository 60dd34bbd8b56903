using System.Formats.Asn1;
using Albatross.Policy;

namespace Albatross.Certificates.Reading;

/// <summary>What every reader of certificates and requests needs on top of <see cref="AsnReader"/> with DER rules (X.690).</summary>
internal static class StrictDer
{
    // The longest object identifier of interest has 10 octets. AsnReader turns long arcs into text in quadratic time,
    // so a stranger's long one must not reach it.
    private const int MaxObjectIdentifierBytes = 32;

    /// <summary>
    /// Reads exactly one value with <paramref name="read"/>; anything malformed becomes a refusal that starts with
    /// <paramref name="what"/>.
    /// </summary>
    public static T? ReadOne<T>(ReadOnlyMemory<byte> der, string what, Func<AsnReader, T> read, out Refusal? refusal)
        where T : class
    {
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            T value = read(reader);
            reader.ThrowIfNotEmpty();
            refusal = null;
            return value;
        }
        catch (CertificateContentException e)
        {
            refusal = new Refusal(e.Code, $"{what}: {e.Message}");
            return null;
        }
        catch (AsnContentException e)
        {
            refusal = new Refusal(RefusalCode.CertificateMalformed, $"{what}: {e.Message}");
            return null;
        }
    }

    /// <summary>Reads an object identifier of at most <see cref="MaxObjectIdentifierBytes"/> content octets.</summary>
    public static string ReadOid(AsnReader reader)
    {
        if (reader.PeekTag() == Asn1Tag.ObjectIdentifier && reader.PeekContentBytes().Length > MaxObjectIdentifierBytes)
        {
            throw Malformed($"an object identifier longer than {MaxObjectIdentifierBytes} bytes");
        }

        return reader.ReadObjectIdentifier();
    }

    /// <summary>The content of a primitive OCTET STRING, as a slice.</summary>
    public static ReadOnlyMemory<byte> ReadOctets(AsnReader reader, Asn1Tag? tag = null) =>
        reader.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> octets, tag) ? octets : throw Malformed("a constructed OCTET STRING");

    /// <summary>The content of a primitive BIT STRING of whole octets, as a slice.</summary>
    public static ReadOnlyMemory<byte> ReadWholeBits(AsnReader reader) =>
        reader.TryReadPrimitiveBitString(out int unused, out ReadOnlyMemory<byte> bits) && unused == 0
            ? bits
            : throw Malformed("a BIT STRING that is not of whole octets");

    /// <summary>One SEQUENCE with its header, as a slice; what is in it is not looked at.</summary>
    public static ReadOnlyMemory<byte> ReadEncodedSequence(AsnReader reader) =>
        reader.PeekTag() == Asn1Tag.Sequence ? reader.ReadEncodedValue() : throw Malformed("no SEQUENCE where one belongs");

    /// <summary>Whether the next value has context tag <paramref name="number"/>.</summary>
    public static bool NextIs(AsnReader reader, int number) =>
        reader.HasData && reader.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, number));

    /// <summary>
    /// The exception that <see cref="ReadOne"/> turns into a refusal with <see cref="RefusalCode.CertificateMalformed"/>.
    /// </summary>
    public static CertificateContentException Malformed(string text) => new(RefusalCode.CertificateMalformed, text);
}

/// <summary>Ends the reading of one certificate; caught at the edge of the reader and nowhere else.</summary>
internal sealed class CertificateContentException(RefusalCode code, string message) : Exception(message)
{
    /// <summary>The code of the refusal.</summary>
    public RefusalCode Code => code;
}
