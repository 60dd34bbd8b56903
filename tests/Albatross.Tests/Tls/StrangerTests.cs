using System.Diagnostics;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Tests.Certificates;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.Tests.Tls;

public sealed class StrangerTests
{
    private const int Mib = 1024 * 1024;

    private static readonly TlsLimits Brisk = new() { DrainTime = TimeSpan.FromMilliseconds(500) };

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_certificate_the_client_hears_that_one_is_required()
    {
        using var party = new TlsParty();
        await RefusedAsync(party, party.Client() with { Identity = null }, "certificate_required",
            new Refusal(RefusalCode.CertificateRequired, "no certificate was presented"));
    }

    [Fact]
    public async Task Below_a_foreign_CA_of_the_same_name_the_client_hears_unknown_ca()
    {
        using var party = new TlsParty();
        using var foreign = new TlsParty();
        ClientSettings client = foreign.Client() with { Trust = TlsParty.TrustIn(party.Pki) };
        await RefusedAsync(party, client, "unknown_ca",
            new Refusal(RefusalCode.UnknownCa, "intermediate 1 of 1 \"alpha\" was issued with another key of its issuer"));
    }

    [Fact]
    public async Task With_an_expired_leaf_the_client_hears_certificate_expired()
    {
        using var party = new TlsParty();
        ClientSettings client = party.Client(party.LeafValid(TimeSpan.FromDays(-2), TimeSpan.FromDays(-1)));
        await RefusedAsync(party, client, "certificate_expired",
            new Refusal(RefusalCode.CertificateExpired, "the leaf certificate \"hello\" expired on 2026-11-30 12:00:00Z"));
    }

    [Fact]
    public async Task With_a_leaf_of_tomorrow_the_client_hears_certificate_expired_as_from_the_original()
    {
        using var party = new TlsParty();
        ClientSettings client = party.Client(party.LeafValid(TimeSpan.FromDays(1), TimeSpan.FromDays(2)));
        await RefusedAsync(
            party, client, "certificate_expired", new Refusal(RefusalCode.CertificateNotYetValid,
                "the leaf certificate \"hello\" is not valid before 2026-12-02 12:00:00Z"));
    }

    [Fact]
    public async Task With_a_server_certificate_the_client_hears_bad_certificate()
    {
        using var party = new TlsParty();
        await RefusedAsync(
            party,
            party.Client([party.Pki.Server], party.Pki.ServerKey),
            "bad_certificate",
            new Refusal(RefusalCode.CertificateRefused, "the leaf certificate \"alba\" is not for a client (extended key usage)"));
    }

    [Fact]
    public async Task With_an_expired_leaf_of_ten_MiB_the_client_hears_why_and_not_broken_pipe()
    {
        using var party = new TlsParty();
        ClientSettings client =
            party.Client(party.LeafValid(TimeSpan.FromDays(-2), TimeSpan.FromDays(-1), TestPki.Create(new byte[10 * Mib])));
        await RefusedAsync(party, client, "certificate_expired",
            new Refusal(RefusalCode.CertificateExpired, "the leaf certificate \"hello\" expired on 2026-11-30 12:00:00Z"));
    }

    [Fact]
    public async Task With_a_leaf_beyond_the_sites_limit_the_client_hears_bad_certificate()
    {
        using var party = new TlsParty(limits: Brisk with { MaxHandshakeBytes = 200_000 }) { Command = TestPki.Create(new byte[4 * Mib]) };
        var client = party.Client() with { Limits = TlsLimits.Default };
        await RefusedAsync(party, client, "bad_certificate",
            new Refusal(RefusalCode.TooLarge, "a TLS handshake of more than 200000 bytes"));
    }

    [Fact]
    public async Task A_server_below_another_CA_is_not_trusted_and_hears_unknown_ca()
    {
        using var party = new TlsParty();
        using var other = new TlsParty();
        ClientSettings client = party.Client() with { Trust = TlsParty.TrustIn(other.Pki) };

        (AcceptOutcome server, ConnectOutcome connected) = await party.ShakeHandsAsync(client, Stopping);

        var failure = Assert.IsType<SessionFailure.ServerNotTrusted>(Assert.IsType<ConnectOutcome.Failed>(connected).Failure);
        Assert.Equal("the server is not trusted: the leaf certificate \"alba\" was issued with another key of its issuer", failure.Text);
        Assert.Equal(
            new Refusal(RefusalCode.HandshakeFailed, "the TLS handshake failed: the peer sent unknown_ca"),
                Assert.IsType<AcceptOutcome.Rejected>(server).Refusal);
    }

    [Fact]
    public async Task A_server_of_another_name_is_not_trusted()
    {
        using var party = new TlsParty();
        ClientSettings client = party.Client() with { Trust = TlsParty.TrustIn(party.Pki, "other.example.org") };

        (AcceptOutcome server, ConnectOutcome connected) = await party.ShakeHandsAsync(client, Stopping);

        var failure = Assert.IsType<SessionFailure.ServerNotTrusted>(Assert.IsType<ConnectOutcome.Failed>(connected).Failure);
        Assert.Equal(RefusalCode.ServerNameMismatch, failure.Refusal.Code);
        Assert.IsType<AcceptOutcome.Rejected>(server);
    }

    [Theory]
    [InlineData("alba", NameSource.CommonName)]
    [InlineData(null, NameSource.SubjectAlternativeName)]
    public async Task A_server_is_trusted_by_common_name_or_without_a_name_when_asked_for(string? name, NameSource source)
    {
        using var party = new TlsParty();
        ClientSettings client = party.Client() with { Trust = TlsParty.TrustIn(party.Pki, name) with { NameSource = source } };

        (AcceptOutcome server, ConnectOutcome connected) = await party.ShakeHandsAsync(client, Stopping);

        await using ClientSession clientSession = Assert.IsType<ConnectOutcome.Connected>(connected).Session;
        await using ServerSession serverSession = Assert.IsType<AcceptOutcome.Accepted>(server).Session;
    }

    [Fact]
    public async Task A_hello_of_more_than_64_KiB_is_refused_and_the_connection_closed()
    {
        using var party = new TlsParty(limits: Brisk);
        using Loopback wire = await Loopback.ConnectAsync();
        Task<AcceptOutcome> accepting = ServerSession.AcceptAsync(wire.Server, "x", party.Server, Stopping);

        // Records of 16 KiB with the beginning of a ClientHello that says it has 1 MiB.
        byte[] record = [22, 3, 1, 0x40, 0, 1, 0x10, 0, 0, .. new byte[16 * 1024 - 4]];
        for (int i = 0; i < 5; i++)
        {
            await wire.Client.WriteAsync(record, Stopping);
            record[5] = 0;
        }

        Assert.Equal(0, await wire.Client.ReadAsync(new byte[1], Stopping));
        Assert.Equal(new Refusal(RefusalCode.HandshakeFailed, "a TLS hello of more than 65536 bytes"),
            Assert.IsType<AcceptOutcome.Rejected>(await accepting).Refusal);
    }

    [Theory]
    [InlineData("a request for a web page", "474554202F20485454502F312E310D0A0D0A0D0A0D0A")]
    [InlineData("a record of 64 KiB", "160301FFFF")]
    [InlineData("an alert", "15030300020228")]
    [InlineData("application data", "170303000100")]
    public async Task What_is_no_hello_is_refused(string what, string hex)
    {
        using var party =
            new TlsParty(limits: Brisk with { DrainTime = TimeSpan.FromMilliseconds(50), HandshakeTime = TimeSpan.FromMinutes(5) });
        using Loopback wire = await Loopback.ConnectAsync();
        await wire.Client.WriteAsync(Convert.FromHexString(hex), Stopping);

        AcceptOutcome outcome = await ServerSession.AcceptAsync(wire.Server, "x", party.Server, Stopping);

        Assert.True(outcome is AcceptOutcome.Rejected { Refusal.Code: RefusalCode.HandshakeFailed }, what);
    }

    [Theory]
    [InlineData("")]
    [InlineData("160301020001000100")]
    public async Task A_handshake_that_stalls_is_dropped_at_the_deadline(string hex)
    {
        using var party = new TlsParty(
            limits: Brisk with { HandshakeTime = TimeSpan.FromMilliseconds(100), DrainTime = TimeSpan.FromMilliseconds(50) });
        using Loopback wire = await Loopback.ConnectAsync();
        await wire.Client.WriteAsync(Convert.FromHexString(hex), Stopping);
        var watch = Stopwatch.StartNew();

        AcceptOutcome outcome = await ServerSession.AcceptAsync(wire.Server, "x", party.Server, Stopping);

        Assert.Equal(new Refusal(RefusalCode.HandshakeFailed, "the TLS handshake took too long"),
            Assert.IsType<AcceptOutcome.Rejected>(outcome).Refusal);
        Assert.InRange(watch.ElapsedMilliseconds, 90, 10_000);
        Assert.Equal(0, await wire.Client.ReadAsync(new byte[1], Stopping));
    }

    [Fact]
    public async Task A_client_that_hangs_up_is_a_refusal_and_no_exception()
    {
        using var party = new TlsParty(limits: Brisk);
        using Loopback wire = await Loopback.ConnectAsync();
        wire.Client.Dispose();

        var rejected = Assert.IsType<AcceptOutcome.Rejected>(await ServerSession.AcceptAsync(wire.Server, "x", party.Server, Stopping));
        Assert.Equal("the TLS handshake failed: the peer closed the connection during the handshake", rejected.Refusal.Text);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_failure_at_the_deadline()
    {
        using var party = new TlsParty(limits: Brisk with { HandshakeTime = TimeSpan.FromMilliseconds(100) });
        using Loopback wire = await Loopback.ConnectAsync();

        var failed = Assert.IsType<ConnectOutcome.Failed>(await ClientSession.ConnectAsync(wire.Client, party.Client(), Stopping));
        Assert.Equal("the connection failed: the TLS handshake took too long", failed.Failure.Text);
    }

    [Fact]
    public async Task Cancelling_ends_the_handshake_and_closes_the_connection()
    {
        using var party = new TlsParty();
        using Loopback wire = await Loopback.ConnectAsync();
        using var stopping = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ServerSession.AcceptAsync(wire.Server, "x", party.Server, stopping.Token));
        Assert.Equal(0, await wire.Client.ReadAsync(new byte[1], Stopping));
    }

    // The client's handshake succeeds; the refusal comes with its first read.
    private static async Task RefusedAsync(TlsParty party, ClientSettings client, string alert, Refusal refusal)
    {
        using Loopback wire = await Loopback.ConnectAsync();
        Task<AcceptOutcome> accepting = ServerSession.AcceptAsync(wire.Server, "127.0.0.1", party.Server, Stopping);
        ConnectOutcome outcome = await ClientSession.ConnectAsync(wire.Client, client, Stopping);
        SessionFailure failure = (outcome as ConnectOutcome.Failed)?.Failure!;
        if (outcome is ConnectOutcome.Connected { Session: ClientSession session })
        {
            await using (session)
            {
                var exception = await Assert.ThrowsAsync<SessionFailedException>(async () =>
                    await session.Stream.ReadExactlyAsync(new byte[1], Stopping));
                failure = exception.Failure;
            }
        }

        Assert.Equal(new SessionFailure.ServerRefusedCertificate(alert), failure);
        Assert.Equal($"the server refused our certificate: {alert}", failure.Text);
        Assert.Equal(refusal, Assert.IsType<AcceptOutcome.Rejected>(await accepting).Refusal);
    }
}
