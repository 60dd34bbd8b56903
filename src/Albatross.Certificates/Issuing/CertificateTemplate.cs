using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;

namespace Albatross.Certificates.Issuing;

/// <summary>
/// Everything that stands in a certificate to be signed, but for serial number and signature (profiles: wire specification, section 9).
/// </summary>
internal sealed record CertificateTemplate
{
    /// <summary>The issuer's name in DER.</summary>
    public required ReadOnlyMemory<byte> Issuer { get; init; }

    /// <summary>The subject's name in DER.</summary>
    public required ReadOnlyMemory<byte> Subject { get; init; }

    /// <summary>When it is valid.</summary>
    public required Validity Validity { get; init; }

    /// <summary>The subject's key.</summary>
    public required PublicKey PublicKey { get; init; }

    /// <summary>BasicConstraints; without path length, as the original has it.</summary>
    public required bool IsCa { get; init; }

    /// <summary>KeyUsage.</summary>
    public required KeyUsages KeyUsage { get; init; }

    /// <summary>The only purpose, as object identifier; null for none.</summary>
    public string? Purpose { get; init; }

    /// <summary>AuthorityKeyIdentifier; null for a root.</summary>
    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; init; }

    /// <summary>SubjectAltName.</summary>
    public ImmutableArray<ServerName> Names { get; init; } = [];

    /// <summary>The value of the Albatross extension; null for none.</summary>
    public ReadOnlyMemory<byte>? Albatross { get; init; }
}
