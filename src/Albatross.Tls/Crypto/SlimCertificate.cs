using System.Runtime.InteropServices;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Albatross.Tls.Crypto;

/// <summary>
/// A certificate for BouncyCastle that keeps the bytes as they came and copies only the key. BouncyCastle's own parses by BER, copies
/// extensions and encodes anew. It refers to its certificate for the life of the connection; <see cref="Release"/> lets go of a big one.
/// </summary>
internal sealed class SlimCertificate : BcTlsRawKeyCertificate
{
    private readonly PublicKey _key;
    private ParsedCertificate? _parsed;

    public SlimCertificate(BcTlsCrypto crypto, ParsedCertificate parsed)
        : base(crypto, SubjectPublicKeyInfo.GetInstance(parsed.PublicKey.SubjectPublicKeyInfo.ToArray()))
    {
        _parsed = parsed;

        // Its own copy: a slice would keep the whole certificate alive.
        _key = PublicKey.TryParse(parsed.PublicKey.SubjectPublicKeyInfo.ToArray(), out PublicKey? key, out _)
            ? key
            : throw new UnreachableException("a parsed key does not parse");
    }

    /// <summary>The certificate.</summary>
    /// <exception cref="InvalidOperationException">It was released.</exception>
    public ParsedCertificate Parsed => _parsed ?? throw new InvalidOperationException("the certificate was released");

    /// <summary>Forgets the certificate; only the key stays.</summary>
    public void Release() => _parsed = null;

    public override byte[] GetEncoded() =>
        MemoryMarshal.TryGetArray(Parsed.Raw, out ArraySegment<byte> segment) && segment is { Offset: 0, Array: { } whole }
            && whole.Length == segment.Count
            ? whole
            : Parsed.Raw.ToArray();

    public override Tls13Verifier CreateVerifier(int signatureScheme)
    {
        if (_key.Algorithm == KeyAlgorithm.Ed25519)
        {
            return base.CreateVerifier(signatureScheme);
        }

        return PlatformVerifier.Create(_key, signatureScheme)
            ?? throw new TlsFatalAlert(AlertDescription.illegal_parameter, "a signature scheme that does not fit the certificate's key");
    }
}
