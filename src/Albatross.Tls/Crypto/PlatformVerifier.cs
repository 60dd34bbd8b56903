using System.Security.Cryptography;
using Albatross.Certificates.Keys;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Albatross.Tls.Crypto;

/// <summary>
/// Verifies a CertificateVerify (RFC 8446 4.4.3) of an RSA or ECDSA key by the platform. BouncyCastle writes what is signed into
/// <see cref="Stream"/>.
/// </summary>
internal sealed class PlatformVerifier(PublicKey key, HashAlgorithmName hash) : Tls13Verifier, IDisposable
{
    private readonly MemoryStream _signed = new();

    public Stream Stream => _signed;

    public void Dispose() => _signed.Dispose();

    /// <summary>The verifier for a signature scheme; null for a scheme that does not fit the key.</summary>
    public static PlatformVerifier? Create(PublicKey key, int scheme) => (key.Algorithm, scheme) switch
    {
        (KeyAlgorithm.P256, SignatureScheme.ecdsa_secp256r1_sha256) => new PlatformVerifier(key, HashAlgorithmName.SHA256),
        (KeyAlgorithm.P384, SignatureScheme.ecdsa_secp384r1_sha384) => new PlatformVerifier(key, HashAlgorithmName.SHA384),
        (KeyAlgorithm.P521, SignatureScheme.ecdsa_secp521r1_sha512) => new PlatformVerifier(key, HashAlgorithmName.SHA512),
        (KeyAlgorithm.Rsa, SignatureScheme.rsa_pss_rsae_sha256) => new PlatformVerifier(key, HashAlgorithmName.SHA256),
        (KeyAlgorithm.Rsa, SignatureScheme.rsa_pss_rsae_sha384) => new PlatformVerifier(key, HashAlgorithmName.SHA384),
        (KeyAlgorithm.Rsa, SignatureScheme.rsa_pss_rsae_sha512) => new PlatformVerifier(key, HashAlgorithmName.SHA512),
        _ => null,
    };

    // BouncyCastle disposes the stream before it calls this: only ToArray still works then.
    public bool VerifySignature(byte[] signature)
    {
        byte[] signed = _signed.ToArray();
        try
        {
            if (key.Algorithm == KeyAlgorithm.Rsa)
            {
                using var rsa = RSA.Create();
                rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
                return rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pss);
            }

            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
            return ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
