using Albatross.Certificates.Validation;
using Albatross.Tls.Crypto;
using Albatross.Tls.Records;
using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Sessions;

/// <summary>What a client needs for a session.</summary>
/// <param name="Identity">Its leaf with the command, and the key; null presents no certificate, which an Albatross server refuses.</param>
/// <param name="Trust">Whom it accepts as server.</param>
/// <param name="Limits">The time for the handshake counts, and how long a last alert is waited for
/// (<see cref="TlsLimits.DrainTime"/>).</param>
/// <param name="Clock">For validity and deadlines.</param>
public sealed record ClientSettings(ClientIdentity? Identity, ServerTrust Trust, TlsLimits Limits, TimeProvider Clock);

/// <summary>What became of an attempt to connect.</summary>
public abstract record ConnectOutcome
{
    private protected ConnectOutcome() { }

    /// <summary>
    /// The server is the right one. Whether it accepts our certificate shows only at the first read (RFC 8446: the client is done first).
    /// </summary>
    /// <param name="Session">The session; the caller closes it.</param>
    public sealed record Connected(ClientSession Session) : ConnectOutcome;

    /// <summary>No session; the connection is closed already.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Failed(SessionFailure Failure) : ConnectOutcome;
}

/// <summary>The client's end of a mutual TLS 1.3 session.</summary>
public sealed class ClientSession : IAsyncDisposable
{
    private readonly RecordPump _pump;
    private readonly ClientPeer _peer;

    private ClientSession(RecordPump pump, ClientPeer peer)
    {
        _pump = pump;
        _peer = peer;
        Stream = new SecureStream(pump, e => Explain(e, peer, pump));
    }

    /// <summary>
    /// The bytes of the session. The first read throws <see cref="SessionFailedException"/> with
    /// <see cref="SessionFailure.ServerRefusedCertificate"/> when the server does not accept our certificate. When a write fails, read:
    /// the server's alert may say why.
    /// </summary>
    public SecureStream Stream { get; }

    /// <summary>The server's chain.</summary>
    public VerifiedChain ServerChain => _peer.Chain ?? throw new InvalidOperationException("the server presented no chain");

    /// <summary>
    /// Performs the handshake on <paramref name="transport"/> (a connected socket's stream with TCP_NODELAY set). Owns the transport from
    /// now on and has closed it when the outcome is a failure. Throws only when cancelled.
    /// </summary>
    public static async Task<ConnectOutcome> ConnectAsync(Stream transport, ClientSettings settings, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(settings.Limits.HandshakeTime, settings.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var crypto = new PlatformCrypto();
        var peer = new ClientPeer(settings, crypto);
        var protocol = new ClientProtocol();
        var pump = new RecordPump(transport, protocol, crypto);
        SessionFailure? failure = null;
        try
        {
            protocol.Connect(peer);
            await ShakeHandsAsync(pump, settings, deadline, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failure = new SessionFailure.ConnectionFailed("the TLS handshake took too long");
        }
        catch (Exception e) when (SecureStream.Breaks(e))
        {
            failure = Explain(e, peer, pump);
        }
        catch
        {
            pump.Dispose();
            throw;
        }

        if (failure is null)
        {
            return new ConnectOutcome.Connected(new ClientSession(pump, peer));
        }

        pump.Dispose();
        return new ConnectOutcome.Failed(failure);
    }

    /// <summary>Sends close_notify and closes. Does not throw when the connection is broken already.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _pump.CloseAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (SecureStream.Breaks(e))
        {
            // The server has gone; closing is all that is left.
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes at once.</summary>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    // A server that refuses a big certificate may close while we still write it. Its alert, if it came, is worth more than "broken pipe".
    private static async Task ShakeHandsAsync(
        RecordPump pump, ClientSettings settings, CancellationTokenSource deadline, CancellationToken cancellationToken)
    {
        using var guard = new HandshakeGuard(settings.Limits, null, "", settings.Clock, deadline) { IsHelloAnswered = true };
        try
        {
            await pump.HandshakeAsync(guard, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not TlsException and not EndOfStreamException)
        {
            using var time = new CancellationTokenSource(settings.Limits.DrainTime, settings.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
            await pump.ReadLastWordsAsync(both.Token).ConfigureAwait(false);
            throw;
        }
    }

    private static SessionFailure Explain(Exception e, ClientPeer peer, RecordPump pump) => e switch
    {
        _ when peer.Refusal is { } refusal => new SessionFailure.ServerNotTrusted(refusal),
        RefusalAlert alert => new SessionFailure.ServerNotTrusted(alert.Refusal),
        TlsFatalAlertReceived received when !pump.HasReceivedData && IsAboutCertificates(received.AlertDescription) =>
            new SessionFailure.ServerRefusedCertificate(AlertDescription.GetName(received.AlertDescription)),
        _ => new SessionFailure.ConnectionFailed(FailureText.Of(e)),
    };

    private static bool IsAboutCertificates(short alert) => alert
        is AlertDescription.bad_certificate
        or AlertDescription.unsupported_certificate
        or AlertDescription.certificate_revoked
        or AlertDescription.certificate_expired
        or AlertDescription.certificate_unknown
        or AlertDescription.certificate_required
        or AlertDescription.unknown_ca
        or AlertDescription.access_denied;
}
