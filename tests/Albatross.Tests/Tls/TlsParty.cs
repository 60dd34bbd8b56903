using System.Diagnostics;
using System.Security.Cryptography;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Tests.Certificates;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.Tests.Tls;

/// <summary>A server and a client that know each other, and what they need to shake hands.</summary>
internal sealed class TlsParty : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ClockAt Clock = new(Now);

    public TlsParty(KeyType type = KeyType.Ed25519, TlsLimits? limits = null)
    {
        Pki = new TestPki(type, Now);
        Limits = limits ?? TlsLimits.Default;
    }

    public TestPki Pki { get; }

    public TlsLimits Limits { get; }

    public BigMessageGate Gate { get; init; } = new();

    public ServerSettings Server => new(ServerIdentityOf(Pki), [Pki.Root.Certificate], Limits, Gate, Clock);

    /// <summary>The command of the leaf about alpha:hello.</summary>
    public Command Command { get; init; } = new Command.UnikernelInfo();

    public static ServerTrust TrustIn(TestPki pki, string? name = "alba.example.org") =>
        new([pki.Root.Certificate], name is not null && ServerName.TryParse(name, out ServerName? parsed, out _) ? parsed : null);

    public ClientSettings Client() => Client(Pki.Leaf(TestPki.LabelOf("hello"), Command));

    public ClientSettings Client(ParsedCertificate leaf) => Client([leaf, Pki.Delegation.Certificate], Pki.LeafKey);

    public ClientSettings Client(ImmutableArray<ParsedCertificate> chain, KeyPair key) =>
        ClientIdentity.TryCreate(chain, key, out ClientIdentity? identity, out Refusal? refusal)
            ? new ClientSettings(identity, TrustIn(Pki), Limits, Clock)
            : throw new UnreachableException(refusal.Text);

    /// <summary>A leaf for alpha:hello with a validity relative to <see cref="Now"/>.</summary>
    public ParsedCertificate LeafValid(TimeSpan from, TimeSpan until, Command? command = null) => CertificateIssuer.Leaf(
        Pki.Delegation, TestPki.LabelOf("hello"), command ?? Command, Pki.LeafKey.PublicKey, new Validity(Now + from, Now + until),
            RandomNumberGenerator.Fill);

    /// <summary>Both handshakes over a new connection.</summary>
    public async Task<(AcceptOutcome Server, ConnectOutcome Client)> ShakeHandsAsync(ClientSettings client,
        CancellationToken cancellationToken)
    {
        Loopback wire = await Loopback.ConnectAsync();
        Task<AcceptOutcome> accepting = ServerSession.AcceptAsync(wire.Server, "127.0.0.1", Server, cancellationToken);
        ConnectOutcome connected = await ClientSession.ConnectAsync(wire.Client, client, cancellationToken);
        return (await accepting, connected);
    }

    /// <summary>Both ends of a session that must come about.</summary>
    public async Task<(ServerSession Server, ClientSession Client)> OpenAsync(CancellationToken cancellationToken)
    {
        (AcceptOutcome server, ConnectOutcome client) = await ShakeHandsAsync(Client(), cancellationToken);
        return (
            Assert.IsType<AcceptOutcome.Accepted>(server).Session,
            Assert.IsType<ConnectOutcome.Connected>(client).Session);
    }

    public void Dispose() => Gate.Dispose();

    private static ServerIdentity ServerIdentityOf(TestPki pki) =>
        ServerIdentity.TryCreate([pki.Server], pki.ServerKey, out ServerIdentity? identity, out Refusal? refusal)
            ? identity
            : throw new UnreachableException(refusal.Text);
}
