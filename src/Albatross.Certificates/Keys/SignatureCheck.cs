using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Albatross.Certificates.Keys;

/// <summary>Does a signature belong to data and key? RSA and ECDSA by the platform, Ed25519 (RFC 8032) by BouncyCastle.</summary>
internal static class SignatureCheck
{
    private const int Ed25519SignatureBytes = 64;

    /// <summary>False also when key and algorithm do not belong together, or when the point is not on its curve.</summary>
    public static bool Holds(PublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            return key.Algorithm switch
            {
                KeyAlgorithm.Ed25519 => algorithm.IsEd25519
                    && signature.Length == Ed25519SignatureBytes
                    && Ed25519.Verify(signature, key.Bits.Span, data),
                KeyAlgorithm.Rsa => algorithm.IsRsa && HoldsRsa(key, algorithm, data, signature),
                _ => algorithm is { IsRsa: false, IsEd25519: false } && HoldsEcdsa(key, algorithm, data, signature),
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool HoldsRsa(PublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return rsa.VerifyData(data, signature, algorithm.Hash, RSASignaturePadding.Pkcs1);
    }

    private static bool HoldsEcdsa(PublicKey key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return ecdsa.VerifyData(data, signature, algorithm.Hash, DSASignatureFormat.Rfc3279DerSequence);
    }
}
