namespace Albatross.Certificates.Keys;

/// <summary>The public-key algorithms that a certificate may have.</summary>
public enum KeyAlgorithm
{
    /// <summary>Ed25519 (RFC 8410), the default of the peer.</summary>
    Ed25519 = 0,

    /// <summary>ECDSA on NIST P-256 (RFC 5480).</summary>
    P256 = 1,

    /// <summary>ECDSA on NIST P-384.</summary>
    P384 = 2,

    /// <summary>ECDSA on NIST P-521.</summary>
    P521 = 3,

    /// <summary>RSA (RFC 3279) of 2048 to 8192 bits.</summary>
    Rsa = 4,
}
