using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Tests.Certificates;
using Albatross.Tls.Sessions;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Albatross.Tests.Tls;

/// <summary>A client written with BouncyCastle alone, which can do what ours never would.</summary>
public sealed class ImpostorTests
{
    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(KeyType.Ed25519)]
    [InlineData(KeyType.P256)]
    public async Task Who_presents_the_chain_of_another_without_its_key_is_refused(KeyType type)
    {
        using var party = new TlsParty(type);
        ParsedCertificate leaf = party.Pki.Leaf(TestPki.LabelOf("hello"), party.Command);

        (AcceptOutcome honest, _) = await ShakeHandsAsync(party, [leaf, party.Pki.Delegation.Certificate], party.Pki.LeafKey);
        (AcceptOutcome impostor, TlsFatalAlertReceived? alert) =
            await ShakeHandsAsync(party, [leaf, party.Pki.Delegation.Certificate], TestPki.NewKey(type));

        await Assert.IsType<AcceptOutcome.Accepted>(honest).Session.DisposeAsync();
        Refusal refusal = Assert.IsType<AcceptOutcome.Rejected>(impostor).Refusal;
        Assert.Equal(RefusalCode.HandshakeFailed, refusal.Code);
        Assert.Contains("decrypt_error", refusal.Text, StringComparison.Ordinal);
        Assert.Equal(AlertDescription.decrypt_error, alert!.AlertDescription);
    }

    [Theory]
    [InlineData("seventeen certificates", 17, AlertDescription.internal_error)]
    [InlineData("the leaf sixteen times", 16, AlertDescription.unknown_ca)]
    public async Task Who_presents_too_many_certificates_is_refused(string what, int count, short expected)
    {
        using var party = new TlsParty();
        ParsedCertificate leaf = party.Pki.Leaf(TestPki.LabelOf("hello"), party.Command);

        (AcceptOutcome outcome, TlsFatalAlertReceived? alert) =
            await ShakeHandsAsync(party, [.. Enumerable.Repeat(leaf, count)], party.Pki.LeafKey);

        Assert.True(outcome is AcceptOutcome.Rejected, what);
        Assert.Equal(expected, alert!.AlertDescription);
    }

    [Fact]
    public async Task Who_presents_a_certificate_in_BER_is_refused()
    {
        using var party = new TlsParty();
        byte[] der = party.Pki.Leaf(TestPki.LabelOf("hello"), party.Command).Raw.ToArray();
        byte[] ber = [0x30, 0x80, .. der[4..], 0, 0];

        (AcceptOutcome outcome, TlsFatalAlertReceived? alert) = await ShakeHandsAsync(party, [ber], party.Pki.LeafKey);

        Assert.Equal(RefusalCode.CertificateMalformed, Assert.IsType<AcceptOutcome.Rejected>(outcome).Refusal.Code);
        Assert.Equal(AlertDescription.bad_certificate, alert!.AlertDescription);
    }

    [Fact]
    public async Task A_damaged_hello_is_refused_or_answered_but_never_an_exception()
    {
        using var party = new TlsParty(limits: new() { HandshakeTime = TimeSpan.FromSeconds(20) });
        byte[] hello = await HelloAsync(party);
        var random = new Random(20261124);
        for (int round = 0; round < 500; round++)
        {
            byte[] damaged = [.. hello];
            for (int hits = random.Next(1, 4); hits > 0; hits--)
            {
                damaged[random.Next(5, damaged.Length)] = (byte)random.Next(256);
            }

            Assert.IsType<AcceptOutcome.Rejected>(
                await ServerSession.AcceptAsync(new OneSidedStream(damaged), "x", party.Server, Stopping));
        }
    }

    private static async Task<byte[]> HelloAsync(TlsParty party)
    {
        using Loopback wire = await Loopback.ConnectAsync();
        var observed = new ObservedStream(wire.Client, stallAfter: 0);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ClientSession.ConnectAsync(observed, party.Client(), soon.Token));
        return observed.Writes[0];
    }

    private static Task<(AcceptOutcome, TlsFatalAlertReceived?)> ShakeHandsAsync(TlsParty party, ImmutableArray<ParsedCertificate> chain,
        KeyPair key) =>
        ShakeHandsAsync(party, [.. chain.Select(one => one.Raw.ToArray())], key);

    private static async Task<(AcceptOutcome Outcome, TlsFatalAlertReceived? Alert)> ShakeHandsAsync(TlsParty party, byte[][] chain,
        KeyPair key)
    {
        using Loopback wire = await Loopback.ConnectAsync();
        Task<AcceptOutcome> accepting = ServerSession.AcceptAsync(wire.Server, "127.0.0.1", party.Server, Stopping);
        Task<TlsFatalAlertReceived?> client = Task.Run(
            () =>
            {
                try
                {
                    var protocol = new TlsClientProtocol(wire.Client);
                    protocol.Connect(new Impostor(chain, key));
                    _ = protocol.Stream.ReadByte();
                    return null;
                }
                catch (TlsFatalAlertReceived alert)
                {
                    return alert;
                }
                catch (IOException)
                {
                    return null;
                }
            },
            Stopping);
        AcceptOutcome outcome = await accepting;
        if (outcome is AcceptOutcome.Accepted { Session: ServerSession session })
        {
            await session.DisposeAsync();
        }

        return (outcome, await client);
    }

    private sealed class Impostor(byte[][] chain, KeyPair key) : DefaultTlsClient(new BcTlsCrypto()), TlsAuthentication
    {
        public override TlsAuthentication GetAuthentication() => this;

        public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
        {
        }

        public TlsCredentials GetClientCredentials(CertificateRequest certificateRequest)
        {
            var crypto = (BcTlsCrypto)m_context.Crypto;
            CertificateEntry[] entries = [.. chain.Select(der => new CertificateEntry(new Verbatim(crypto, der), null))];
            SignatureAndHashAlgorithm algorithm = key.Algorithm == KeyAlgorithm.Ed25519
                ? SignatureAndHashAlgorithm.ed25519
                : SignatureScheme.GetSignatureAndHashAlgorithm(SignatureScheme.ecdsa_secp256r1_sha256);
            return new BcDefaultTlsCredentialedSigner(
                new TlsCryptoParameters(m_context),
                crypto,
                PrivateKeyFactory.CreateKey(key.ToPkcs8()),
                new Certificate(certificateRequest.GetCertificateRequestContext(), entries),
                algorithm);
        }

        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.Only();
    }

    private sealed class Verbatim : BcTlsCertificate
    {
        private readonly byte[] _der;

        public Verbatim(BcTlsCrypto crypto, byte[] der)
            : base(crypto, der) => _der = der;

        public override byte[] GetEncoded() => _der;
    }

    /// <summary>A peer that says one thing and hangs up, and does not care for answers.</summary>
    private sealed class OneSidedStream(byte[] said) : MemoryStream(said)
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;
    }
}
