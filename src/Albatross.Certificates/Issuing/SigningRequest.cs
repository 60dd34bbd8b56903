using System.Formats.Asn1;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Certificates.Issuing;

/// <summary>
/// A certificate signing request (PKCS #10, RFC 2986) whose signature proved that its maker has the key. Its only attribute of interest
/// is an extensionRequest with the Albatross extension; everything else in it is ignored.
/// </summary>
public sealed class SigningRequest
{
    private SigningRequest(ReadOnlyMemory<byte> raw, string? commonName, PublicKey publicKey, Command command)
    {
        Raw = raw;
        CommonName = commonName;
        PublicKey = publicKey;
        Command = command;
    }

    /// <summary>The request in DER.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>The name asked for: any text, or null.</summary>
    public string? CommonName { get; }

    /// <summary>The key to certify.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>What the certificate shall allow.</summary>
    public Command Command { get; }

    /// <summary>
    /// A request in DER for <paramref name="command"/> under <paramref name="commonName"/>, signed with <paramref name="key"/>.
    /// </summary>
    public static byte[] Create(KeyPair key, string commonName, Command command)
    {
        byte[] extension = ExtensionCodec.Encode(command);
        var writer = new AsnWriter(AsnEncodingRules.DER, 1024 + extension.Length);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            writer.WriteEncodedValue(DerFields.Name(commonName));
            writer.WriteEncodedValue(key.PublicKey.SubjectPublicKeyInfo.Span);
            using (writer.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.ExtensionRequest);
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    DerFields.WriteAlbatross(writer, extension);
                }
            }
        }

        return DerFields.Sign(writer, key);
    }

    /// <summary>Reads exactly one request, checks its signature and reads its command; or says what is wrong.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out SigningRequest? request, [NotNullWhen(false)] out Refusal? refusal)
    {
        request = null;
        Content content = StrictDer.ReadOne(der, "not a signing request", Read, out refusal)!;
        if (refusal is not null)
        {
            return false;
        }

        if (!content.Signed.IsSignedBy(content.PublicKey))
        {
            refusal = new Refusal(RefusalCode.CertificateRefused, "the signing request is not signed with its own key");
            return false;
        }

        if (content.Extensions?.Albatross is not { } value)
        {
            refusal = new Refusal(RefusalCode.NoExtension, "the signing request does not contain an albatross extension");
            return false;
        }

        if (!ExtensionCodec.TryDecode(value, out Command? command, out refusal))
        {
            return false;
        }

        request = new SigningRequest(der, content.CommonName, content.PublicKey, command);
        return true;
    }

    // CertificationRequestInfo ::= SEQUENCE { version INTEGER (0), subject Name, subjectPKInfo, attributes [0] IMPLICIT SET OF Attribute }
    private static Content Read(AsnReader reader)
    {
        SignedStructure signed = SignedStructure.Read(reader);
        AsnReader fields = new AsnReader(signed.Body, AsnEncodingRules.DER).ReadSequence();
        if (!fields.TryReadInt32(out int version) || version != 0)
        {
            throw StrictDer.Malformed("an unknown version");
        }

        string? commonName = DistinguishedName.ReadCommonName(StrictDer.ReadEncodedSequence(fields));
        PublicKey publicKey = PublicKey.Read(fields);
        CertificateExtensions? extensions = null;
        if (fields.HasData)
        {
            AsnReader attributes = fields.ReadSetOf(new Asn1Tag(TagClass.ContextSpecific, 0));
            while (attributes.HasData)
            {
                extensions = ReadAttribute(attributes.ReadSequence(), extensions);
            }
        }

        fields.ThrowIfNotEmpty();
        return new Content(signed, commonName, publicKey, extensions);
    }

    private static CertificateExtensions? ReadAttribute(AsnReader attribute, CertificateExtensions? extensions)
    {
        bool isExtensionRequest = StrictDer.ReadOid(attribute) == Oids.ExtensionRequest;
        AsnReader values = attribute.ReadSetOf();
        attribute.ThrowIfNotEmpty();
        if (!isExtensionRequest)
        {
            do
            {
                values.ReadEncodedValue();
            }
            while (values.HasData);

            return extensions;
        }

        if (extensions is not null)
        {
            throw StrictDer.Malformed("two extension requests");
        }

        extensions = ExtensionReader.Read(values);
        values.ThrowIfNotEmpty();
        return extensions;
    }

    private sealed record Content(SignedStructure Signed, string? CommonName, PublicKey PublicKey, CertificateExtensions? Extensions);
}
