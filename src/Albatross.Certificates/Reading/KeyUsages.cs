namespace Albatross.Certificates.Reading;

/// <summary>The bits of the KeyUsage extension (RFC 5280 4.2.1.3); bit n of the BIT STRING is 1 &lt;&lt; n here.</summary>
[Flags]
public enum KeyUsages
{
    /// <summary>No usage at all.</summary>
    None = 0,

    /// <summary>Signatures other than on certificates: what a TLS peer needs.</summary>
    DigitalSignature = 1 << 0,

    /// <summary>Content commitment.</summary>
    NonRepudiation = 1 << 1,

    /// <summary>Encryption of keys.</summary>
    KeyEncipherment = 1 << 2,

    /// <summary>Encryption of data.</summary>
    DataEncipherment = 1 << 3,

    /// <summary>Key agreement.</summary>
    KeyAgreement = 1 << 4,

    /// <summary>Signatures on certificates: what an intermediate needs.</summary>
    KeyCertSign = 1 << 5,

    /// <summary>Signatures on revocation lists.</summary>
    CrlSign = 1 << 6,

    /// <summary>Restricts key agreement.</summary>
    EncipherOnly = 1 << 7,

    /// <summary>Restricts key agreement.</summary>
    DecipherOnly = 1 << 8,
}
