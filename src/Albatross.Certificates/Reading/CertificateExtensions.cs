namespace Albatross.Certificates.Reading;

/// <summary>
/// What the extensions of a certificate or of a signing request say (RFC 5280 4.2). Null means that the extension is absent.
/// Extensions that are neither listed here nor critical have no effect.
/// </summary>
public sealed class CertificateExtensions
{
    internal CertificateExtensions()
    {
    }

    /// <summary>No extension at all.</summary>
    internal static CertificateExtensions None { get; } = new();

    /// <summary>Whether BasicConstraints are present and say that this is a CA (4.2.1.9).</summary>
    public bool IsCa { get; internal set; }

    /// <summary>How many intermediates may follow below, 0 or more; null when not limited.</summary>
    public int? PathLength { get; internal set; }

    /// <summary>What the key may do (4.2.1.3).</summary>
    public KeyUsages? KeyUsage { get; internal set; }

    /// <summary>The purposes as object identifiers (4.2.1.12).</summary>
    public ImmutableArray<string>? Purposes { get; internal set; }

    /// <summary>The dNSName entries of SubjectAltName (4.2.1.6), as they stand there.</summary>
    public ImmutableArray<string> DnsNames { get; internal set; } = [];

    /// <summary>The iPAddress entries of SubjectAltName: 4 or 16 octets each.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> IpAddresses { get; internal set; } = [];

    /// <summary>SubjectKeyIdentifier (4.2.1.2).</summary>
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; internal set; }

    /// <summary>The keyIdentifier of AuthorityKeyIdentifier (4.2.1.1); the other two fields are not used.</summary>
    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; internal set; }

    /// <summary>The value of the Albatross extension 1.3.6.1.4.1.49836.42: a slice of the certificate's own bytes, not decoded.</summary>
    public ReadOnlyMemory<byte>? Albatross { get; internal set; }

    /// <summary>
    /// The first extension that forbids the use of this certificate: critical and not understood (4.2), critical where it may not be
    /// (the Albatross extension among them, as the original has it), or name constraints, which are not evaluated.
    /// </summary>
    public string? Unacceptable { get; internal set; }
}
