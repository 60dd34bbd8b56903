using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates.Issuing;

/// <summary>A CA certificate with its key: whoever may issue certificates, a root or a delegated sub-CA.</summary>
public sealed class SigningAuthority
{
    private SigningAuthority(ParsedCertificate certificate, KeyPair key)
    {
        Certificate = certificate;
        Key = key;
    }

    /// <summary>The CA certificate.</summary>
    public ParsedCertificate Certificate { get; }

    internal KeyPair Key { get; }

    /// <summary>Joins both, or says why they do not belong together: not a CA that may sign certificates, or another key.</summary>
    public static bool TryCreate(
        ParsedCertificate certificate,
        KeyPair key,
        [NotNullWhen(true)] out SigningAuthority? authority,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = certificate switch
        {
            { Extensions.IsCa: false } => new Refusal(RefusalCode.CertificateRefused, "the issuing certificate is not a CA certificate"),
            { Extensions.KeyUsage: { } usage } when !usage.HasFlag(KeyUsages.KeyCertSign) =>
                new Refusal(RefusalCode.CertificateRefused, "the issuing certificate may not sign certificates (key usage)"),
            _ when !certificate.PublicKey.IsSameAs(key.PublicKey) =>
                new Refusal(RefusalCode.CertificateRefused, "the key does not belong to the issuing certificate"),
            _ => null,
        };
        authority = refusal is null ? new SigningAuthority(certificate, key) : null;
        return refusal is null;
    }
}
