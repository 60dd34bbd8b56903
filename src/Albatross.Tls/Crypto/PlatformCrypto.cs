using System.Security.Cryptography;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Albatross.Tls.Crypto;

/// <summary>
/// BouncyCastle's TLS with record ciphers, RSA, ECDSA and random numbers of the platform, and certificates read by our own strict parser.
/// </summary>
internal sealed class PlatformCrypto() : BcTlsCrypto(new SecureRandom(new CryptoApiRandomGenerator())), IDisposable
{
    private const int ChaChaKeyBytes = 32;
    private const int TagBytes = 16;

    private readonly List<RecordCipher> _ciphers = [];

    /// <summary>Frees the keys of the record ciphers; the session must be over.</summary>
    public void Dispose()
    {
        foreach (RecordCipher cipher in _ciphers)
        {
            cipher.Dispose();
        }
    }

    public override TlsCertificate CreateCertificate(short type, byte[] encoding)
    {
        if (type != CertificateType.X509)
        {
            throw new TlsFatalAlert(AlertDescription.unsupported_certificate);
        }

        return ParsedCertificate.TryParse(encoding, out ParsedCertificate? parsed, out Refusal? refusal)
            ? new SlimCertificate(this, parsed)
            : throw new RefusalAlert(refusal);
    }

    protected override TlsAeadCipher CreateCipher_Aes_Gcm(TlsCryptoParameters cryptoParams, int cipherKeySize, int macSize) =>
        new(
            cryptoParams,
            Own(RecordCipher.AesGcm(isEncrypting: true)),
            Own(RecordCipher.AesGcm(isEncrypting: false)),
            cipherKeySize,
            macSize,
            TlsAeadCipher.AEAD_GCM);

    protected override TlsCipher CreateChaCha20Poly1305(TlsCryptoParameters cryptoParams)
    {
        if (!ChaCha20Poly1305.IsSupported)
        {
            return base.CreateChaCha20Poly1305(cryptoParams);
        }

        return new TlsAeadCipher(
            cryptoParams,
            Own(RecordCipher.ChaCha20Poly1305(isEncrypting: true)),
            Own(RecordCipher.ChaCha20Poly1305(isEncrypting: false)),
            ChaChaKeyBytes,
            TagBytes,
            TlsAeadCipher.AEAD_CHACHA20_POLY1305);
    }

    private RecordCipher Own(RecordCipher cipher)
    {
        _ciphers.Add(cipher);
        return cipher;
    }
}
