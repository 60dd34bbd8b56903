using Albatross.Certificates;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Tls.Crypto;
using Albatross.Tls.Records;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Albatross.Tls.Sessions;

/// <summary>
/// The server's decisions in a handshake (wire specification, section 8): TLS 1.3 only, a client certificate required and verified when
/// it arrives, before its key enters any computation; no tickets, no ALPN. The chain counts only when the handshake is over: until then
/// the client has not shown the key.
/// </summary>
internal sealed class ServerPeer(ServerSettings settings, PlatformCrypto crypto, HandshakeGuard guard) : DefaultTlsServer(crypto)
{
    private List<SlimCertificate> _received = [];

    /// <summary>The verified chain of the client.</summary>
    public VerifiedChain? Chain { get; private set; }

    /// <summary>Forgets the client's certificates; BouncyCastle's references then hold keys only.</summary>
    public void ReleaseChain()
    {
        Chain = null;
        _received.ForEach(one => one.Release());
        _received = [];
    }

    // The guard's limits count; a smaller number here would only give the client a worse alert.
    public override int GetMaxHandshakeMessageSize() => CertificateListSize.MaxMessageBytes;

    public override int GetMaxCertificateChainLength() => ChainValidation.MaxCertificates;

    public override bool ShouldCheckSigAlgOfPeerCerts() => false;

    public override int[] GetSupportedGroups() => Offers.Groups();

    public override TlsCredentials GetCredentials()
    {
        guard.IsHelloAnswered = true;
        return settings.Identity.Credentials.Signer(m_context, crypto, m_context.SecurityParameters.ClientSigAlgs, []);
    }

    // Without a list of CA names, as the original.
    public override CertificateRequest GetCertificateRequest() => new([], SignatureAlgorithms.Offered(), null, null);

    public override void NotifyClientCertificate(Certificate? clientCertificate)
    {
        TlsCertificate[] sent = clientCertificate?.GetCertificateList() ?? [];
        _received = [.. sent.Cast<SlimCertificate>()];
        ImmutableArray<ParsedCertificate> presented = [.. _received.Select(one => one.Parsed)];
        Chain = ChainValidation.TryValidate(
            presented,
            settings.ClientAnchors,
            settings.Clock.GetUtcNow(),
            ChainPurpose.Client,
            out VerifiedChain? chain,
            out Refusal? refusal)
                ? chain
                : throw new RefusalAlert(refusal);
    }

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();

    protected override int[] GetSupportedCipherSuites() => Offers.Suites();
}
