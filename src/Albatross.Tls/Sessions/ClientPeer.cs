using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Tls.Crypto;
using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Sessions;

/// <summary>
/// The client's decisions in a handshake: TLS 1.3 only, no server name sent (as the original), the server's chain and name verified
/// before anything of ours is sent.
/// </summary>
internal sealed class ClientPeer(ClientSettings settings, PlatformCrypto crypto) : DefaultTlsClient(crypto), TlsAuthentication
{
    private const int MaxServerMessageBytes = 64 * 1024;

    /// <summary>The verified chain of the server.</summary>
    public VerifiedChain? Chain { get; private set; }

    /// <summary>Whether the server's certificates were refused by us.</summary>
    public Refusal? Refusal { get; private set; }

    public override int GetMaxHandshakeMessageSize() => MaxServerMessageBytes;

    public override int GetMaxCertificateChainLength() => ChainValidation.MaxCertificates;

    public override bool ShouldCheckSigAlgOfPeerCerts() => false;

    public override IList<int> GetEarlyKeyShareGroups() => [NamedGroup.x25519];

    public override TlsAuthentication GetAuthentication() => this;

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        ImmutableArray<ParsedCertificate> presented =
            [.. serverCertificate.Certificate.GetCertificateList().Cast<SlimCertificate>().Select(one => one.Parsed)];
        ServerTrust trust = settings.Trust;
        if (ChainValidation.TryValidate(
            presented, trust.Anchors, settings.Clock.GetUtcNow(), ChainPurpose.Server, out VerifiedChain? chain, out Refusal? refusal))
        {
            refusal = trust.Name?.Check(chain.Leaf, trust.NameSource);
        }

        Chain = chain;
        Refusal = refusal;
        if (refusal is not null)
        {
            throw new RefusalAlert(refusal);
        }
    }

    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => settings.Identity?.Credentials.Signer(
        m_context, crypto, certificateRequest.SupportedSignatureAlgorithms, certificateRequest.GetCertificateRequestContext());

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();

    protected override int[] GetSupportedCipherSuites() => Offers.Suites();

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => Offers.Groups();

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => SignatureAlgorithms.Offered();

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;
}
