using System.Formats.Asn1;
using Albatross.Certificates.Keys;
using Albatross.Policy;

namespace Albatross.Certificates.Reading;

/// <summary>
/// SIGNED { body } ::= SEQUENCE { body, AlgorithmIdentifier, signature BIT STRING }: a certificate (RFC 5280 4.1.1) or a request (RFC
/// 2986).
/// </summary>
internal sealed record SignedStructure(
    ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> AlgorithmIdentifier, SignatureAlgorithm Algorithm, ReadOnlyMemory<byte> Signature)
{
    public static SignedStructure Read(AsnReader reader)
    {
        AsnReader fields = reader.ReadSequence();
        ReadOnlyMemory<byte> body = StrictDer.ReadEncodedSequence(fields);
        ReadOnlyMemory<byte> identifier = StrictDer.ReadEncodedSequence(fields);
        ReadOnlyMemory<byte> signature = StrictDer.ReadWholeBits(fields);
        fields.ThrowIfNotEmpty();
        SignatureAlgorithm algorithm = SignatureAlgorithm.Of(identifier.Span) ?? throw new CertificateContentException(
            RefusalCode.UnsupportedKey, "its signature algorithm is none of Ed25519 and ECDSA or RSA with SHA-256, SHA-384 or SHA-512");
        return new SignedStructure(body, identifier, algorithm, signature);
    }

    public bool IsSignedBy(PublicKey key) => SignatureCheck.Holds(key, Algorithm, Body.Span, Signature.Span);
}
