using Albatross.Certificates.Keys;
using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Crypto;

/// <summary>
/// The signature algorithms of the handshake (wire specification, section 8): ECDSA by curve, Ed25519, RSA-PSS with ordinary RSA keys.
/// </summary>
internal static class SignatureAlgorithms
{
    private static readonly SignatureAndHashAlgorithm[] RsaPss =
    [
        SignatureAndHashAlgorithm.rsa_pss_rsae_sha256,
        SignatureAndHashAlgorithm.rsa_pss_rsae_sha384,
        SignatureAndHashAlgorithm.rsa_pss_rsae_sha512,
    ];

    /// <summary>
    /// What we can verify, as offered. RSA PKCS #1 v1.5 may not sign a TLS 1.3 handshake; it stands here for the signatures in chains,
    /// which some libraries match against this list (RFC 8446 4.2.3).
    /// </summary>
    public static IList<SignatureAndHashAlgorithm> Offered() =>
    [
        SignatureAndHashAlgorithm.ed25519,
        Scheme(SignatureScheme.ecdsa_secp256r1_sha256),
        Scheme(SignatureScheme.ecdsa_secp384r1_sha384),
        Scheme(SignatureScheme.ecdsa_secp521r1_sha512),
        .. RsaPss,
        Scheme(SignatureScheme.rsa_pkcs1_sha256),
        Scheme(SignatureScheme.rsa_pkcs1_sha384),
        Scheme(SignatureScheme.rsa_pkcs1_sha512),
    ];

    /// <summary>With what a key can sign a handshake, best first.</summary>
    public static SignatureAndHashAlgorithm[] Of(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.Ed25519 => [SignatureAndHashAlgorithm.ed25519],
        KeyAlgorithm.P256 => [Scheme(SignatureScheme.ecdsa_secp256r1_sha256)],
        KeyAlgorithm.P384 => [Scheme(SignatureScheme.ecdsa_secp384r1_sha384)],
        KeyAlgorithm.P521 => [Scheme(SignatureScheme.ecdsa_secp521r1_sha512)],
        KeyAlgorithm.Rsa => RsaPss,
        _ => throw new UnreachableException($"key algorithm {algorithm} has no handshake signature"),
    };

    private static SignatureAndHashAlgorithm Scheme(int scheme) => SignatureScheme.GetSignatureAndHashAlgorithm(scheme);
}
