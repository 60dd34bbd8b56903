using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Security;

namespace Albatross.Certificates.Keys;

/// <summary>New keys from a given random source.</summary>
internal static class KeyGeneration
{
    private const int PrimeCertainty = 112;

    public static KeyPair Generate(KeyType type, RandomSource random) => type switch
    {
        KeyType.Ed25519 => GenerateEd25519(random),
        KeyType.P256 => GenerateOnCurve(NamedCurve.Of(KeyAlgorithm.P256), random),
        KeyType.P384 => GenerateOnCurve(NamedCurve.Of(KeyAlgorithm.P384), random),
        KeyType.P521 => GenerateOnCurve(NamedCurve.Of(KeyAlgorithm.P521), random),
        KeyType.Rsa2048 => GenerateRsa(2048, random),
        KeyType.Rsa4096 => GenerateRsa(4096, random),
        _ => throw new UnreachableException($"key type {type} cannot be made"),
    };

    private static KeyPair GenerateEd25519(RandomSource random)
    {
        byte[] seed = new byte[Ed25519.SecretKeySize];
        random(seed);
        return KeyPair.OfEd25519(seed);
    }

    // FIPS 186-5 A.2.2: draw numbers of the right length until one is within 1 to n-1.
    private static KeyPair GenerateOnCurve(NamedCurve curve, RandomSource random)
    {
        byte[] number = new byte[curve.FieldBytes];
        while (true)
        {
            random(number);
            number[0] &= (byte)(curve.Algorithm == KeyAlgorithm.P521 ? 0x01 : 0xFF);
            if (KeyPair.OfCurve(curve, number) is { } key)
            {
                return key;
            }
        }
    }

    private static KeyPair GenerateRsa(int bits, RandomSource random)
    {
        var generator = new RsaKeyPairGenerator();
        var source = new SecureRandom(new RandomSourceAdapter(random));
        generator.Init(new RsaKeyGenerationParameters(BigInteger.ValueOf(65537), source, bits, PrimeCertainty));
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        var key = (RsaPrivateCrtKeyParameters)pair.Private;
        var structure = new RsaPrivateKeyStructure(
            key.Modulus, key.PublicExponent, key.Exponent, key.P, key.Q, key.DP, key.DQ, key.QInv);
        return KeyPair.OfRsa(structure.GetDerEncoded());
    }
}
