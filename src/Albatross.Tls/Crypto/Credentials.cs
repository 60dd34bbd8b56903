using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Albatross.Tls.Crypto;

/// <summary>A chain and its key in the form that the handshake wants: CertificateEntry list and signer (RFC 8446 4.4.2, 4.4.3).</summary>
internal sealed class Credentials
{
    private readonly ImmutableArray<ParsedCertificate> _chain;
    private readonly KeyAlgorithm _algorithm;
    private readonly PlatformSigner? _platformSigner;
    private readonly AsymmetricKeyParameter? _ed25519;

    public Credentials(ImmutableArray<ParsedCertificate> chain, KeyPair key)
    {
        _chain = chain;
        _algorithm = key.Algorithm;
        if (key.Algorithm == KeyAlgorithm.Ed25519)
        {
            _ed25519 = PrivateKeyFactory.CreateKey(key.ToPkcs8());
        }
        else
        {
            _platformSigner = new PlatformSigner(key);
        }
    }

    /// <summary>Null when chain and key belong together.</summary>
    public static Refusal? Check(ImmutableArray<ParsedCertificate> chain, KeyPair key)
    {
        if (chain.IsDefaultOrEmpty)
        {
            return new Refusal(RefusalCode.CertificateRequired, "no certificate was given");
        }

        return chain[0].PublicKey.IsSameAs(key.PublicKey)
            ? null
            : new Refusal(RefusalCode.CertificateRefused, "the key does not belong to the first certificate");
    }

    /// <summary>The signer for one handshake.</summary>
    /// <param name="context">The handshake.</param>
    /// <param name="crypto">Its crypto.</param>
    /// <param name="offered">What the peer can verify.</param>
    /// <param name="requestContext">The context of the CertificateRequest; empty for a server.</param>
    /// <exception cref="TlsFatalAlert">handshake_failure: the peer cannot verify signatures of this key.</exception>
    public TlsCredentialedSigner Signer(
        TlsContext context, PlatformCrypto crypto, IList<SignatureAndHashAlgorithm>? offered, byte[] requestContext)
    {
        SignatureAndHashAlgorithm algorithm =
            SignatureAlgorithms.Of(_algorithm).FirstOrDefault(a => offered is not null && offered.Contains(a))
            ?? throw new TlsFatalAlert(AlertDescription.handshake_failure, $"the peer cannot verify a {_algorithm} key");
        CertificateEntry[] entries = [.. _chain.Select(one => new CertificateEntry(new SlimCertificate(crypto, one), null))];
        var certificate = new Certificate(requestContext, entries);
        var parameters = new TlsCryptoParameters(context);
        return _platformSigner is { } platform
            ? new DefaultTlsCredentialedSigner(parameters, platform, certificate, algorithm)
            : new BcDefaultTlsCredentialedSigner(parameters, crypto, _ed25519, certificate, algorithm);
    }
}
