using System.Formats.Asn1;
using Albatross.Certificates.Keys;
using Albatross.Policy;

namespace Albatross.Certificates.Reading;

/// <summary>
/// A certificate read strictly by DER rules (RFC 5280 4.1): definite and minimal lengths, no encoded DEFAULT, no extension twice, nothing
/// after the end, both signature algorithms equal and of an accepted kind. Nothing big is copied: every part, the Albatross extension
/// among them, is a slice of <see cref="Raw"/>. Reading says nothing about trust; see <c>ChainValidation</c>.
/// </summary>
public sealed class ParsedCertificate
{
    private readonly SignedStructure _signed;

    private ParsedCertificate(ReadOnlyMemory<byte> raw, SignedStructure signed)
    {
        Raw = raw;
        _signed = signed;
        AsnReader fields = new AsnReader(signed.Body, AsnEncodingRules.DER).ReadSequence();
        Version = ReadVersion(fields);
        SerialNumber = fields.ReadIntegerBytes();
        if (!fields.ReadEncodedValue().Span.SequenceEqual(signed.AlgorithmIdentifier.Span))
        {
            throw StrictDer.Malformed("two different signature algorithms");
        }

        Issuer = StrictDer.ReadEncodedSequence(fields);
        DistinguishedName.Check(Issuer);
        AsnReader validity = fields.ReadSequence();
        NotBefore = ReadTime(validity);
        NotAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        Subject = StrictDer.ReadEncodedSequence(fields);
        CommonName = DistinguishedName.ReadCommonName(Subject);
        PublicKey = PublicKey.Read(fields);
        Extensions = ReadExtensions(fields);
        fields.ThrowIfNotEmpty();
    }

    /// <summary>The bytes as they came. The caller of <see cref="TryParse"/> must not change them afterwards.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>1, 2 or 3; only 3 may have extensions.</summary>
    public int Version { get; }

    /// <summary>The content octets of the serial number (big-endian two's complement).</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>The issuer's name in DER; compared byte for byte.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>The subject's name in DER.</summary>
    public ReadOnlyMemory<byte> Subject { get; }

    /// <summary>The subject's only common name, from a stranger: any text. Null when it has none.</summary>
    public string? CommonName { get; }

    /// <summary>The first second of its validity.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>The last second of its validity.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>The subject's key.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>What its extensions say.</summary>
    public CertificateExtensions Extensions { get; }

    /// <summary>Reads exactly one certificate, or says in one sentence why <paramref name="der"/> is none.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out ParsedCertificate? certificate, [NotNullWhen(false)] out Refusal? refusal)
    {
        certificate =
            StrictDer.ReadOne(der, "not a certificate", reader => new ParsedCertificate(der, SignedStructure.Read(reader)), out refusal);
        return certificate is not null;
    }

    /// <summary>Whether <paramref name="key"/> made the signature on this certificate. Hashes all of it.</summary>
    public bool IsSignedBy(PublicKey key) => _signed.IsSignedBy(key);

    private static int ReadVersion(AsnReader fields)
    {
        if (!StrictDer.NextIs(fields, 0))
        {
            return 1;
        }

        AsnReader wrapped = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0));
        if (!wrapped.TryReadInt32(out int number) || number is not (1 or 2))
        {
            throw StrictDer.Malformed("an unknown version, or an encoded DEFAULT (version 1)");
        }

        wrapped.ThrowIfNotEmpty();
        return number + 1;
    }

    private CertificateExtensions ReadExtensions(AsnReader fields)
    {
        if (!StrictDer.NextIs(fields, 3))
        {
            return CertificateExtensions.None;
        }

        if (Version != 3)
        {
            throw StrictDer.Malformed($"extensions in a certificate of version {Version}");
        }

        AsnReader wrapped = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        CertificateExtensions extensions = ExtensionReader.Read(wrapped);
        wrapped.ThrowIfNotEmpty();
        return extensions;
    }

    private static DateTimeOffset ReadTime(AsnReader validity) => validity.PeekTag() == Asn1Tag.UtcTime
        ? validity.ReadUtcTime(twoDigitYearMax: 2049)
        : validity.ReadGeneralizedTime();
}
