using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Tls.Crypto;
using Albatross.Tls.Records;

namespace Albatross.Tls.Sessions;

/// <summary>What a listener's sessions share.</summary>
/// <param name="Identity">The server's chain and key.</param>
/// <param name="ClientAnchors">Who may sign users' chains; one certificate with the original.</param>
/// <param name="Limits">What a stranger may cost.</param>
/// <param name="Gate">Slots for big handshakes; one object per listener.</param>
/// <param name="Clock">For validity and deadlines.</param>
public sealed record ServerSettings(
    ServerIdentity Identity, ImmutableArray<ParsedCertificate> ClientAnchors, TlsLimits Limits, BigMessageGate Gate, TimeProvider Clock);

/// <summary>What became of a connection.</summary>
public abstract record AcceptOutcome
{
    private protected AcceptOutcome() { }

    /// <summary>The client has proved who it is.</summary>
    /// <param name="Session">The session; the caller closes it.</param>
    public sealed record Accepted(ServerSession Session) : AcceptOutcome;

    /// <summary>No session; the connection is closed already.</summary>
    /// <param name="Refusal">Why: what was wrong with the client's chain, or how the handshake failed.</param>
    public sealed record Rejected(Refusal Refusal) : AcceptOutcome;
}

/// <summary>The server's end of a mutual TLS 1.3 session whose client has presented a valid chain and has proved to have its key.</summary>
/// <example><code>
/// AcceptOutcome outcome = await ServerSession.AcceptAsync(networkStream, address, settings, stopping);
/// if (outcome is AcceptOutcome.Accepted { Session: ServerSession session })
/// {
///     await using (session)
///     {
///         Authorisation.TryRead(session.Chain, out Authorisation? authorisation, out Refusal? refusal);
///         await session.Stream.WriteAsync(frame, stopping);
///         await session.CloseAsync(stopping);
///     }
/// }
/// </code></example>
public sealed class ServerSession : IAsyncDisposable
{
    private readonly RecordPump _pump;
    private readonly ServerPeer _peer;
    private readonly ServerSettings _settings;

    private ServerSession(RecordPump pump, ServerPeer peer, ServerSettings settings)
    {
        _pump = pump;
        _peer = peer;
        _settings = settings;
        Stream = new SecureStream(pump, e => new SessionFailure.ConnectionFailed(FailureText.Of(e)));
    }

    /// <summary>The bytes of the session.</summary>
    public SecureStream Stream { get; }

    /// <summary>The client's chain, verified when it arrived.</summary>
    /// <exception cref="InvalidOperationException">It was released.</exception>
    public VerifiedChain Chain => _peer.Chain ?? throw new InvalidOperationException("the client's chain was released");

    /// <summary>
    /// Performs the handshake on <paramref name="transport"/> (a socket's stream with TCP_NODELAY set) within the limits. Owns the
    /// transport from now on and has closed it when the outcome is a rejection; the client has been sent the alert that belongs to it.
    /// Throws only when cancelled.
    /// </summary>
    /// <param name="transport">The connection.</param>
    /// <param name="peerAddress">Who it is, without the port: slots for big handshakes are shared out by it.</param>
    /// <param name="settings">The listener's settings.</param>
    /// <param name="cancellationToken">Ends the handshake and closes the transport.</param>
    public static async Task<AcceptOutcome> AcceptAsync(
        Stream transport, string peerAddress, ServerSettings settings, CancellationToken cancellationToken)
    {
        TlsLimits limits = settings.Limits;
        using var deadline = new CancellationTokenSource(limits.HandshakeTime, settings.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var crypto = new PlatformCrypto();
        var guard = new HandshakeGuard(limits, settings.Gate, peerAddress, settings.Clock, deadline);
        var peer = new ServerPeer(settings, crypto, guard);
        var protocol = new ServerProtocol();
        var pump = new RecordPump(transport, protocol, crypto);
        Refusal? refusal = null;
        try
        {
            protocol.Accept(peer);
            await pump.HandshakeAsync(guard, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            refusal = new Refusal(RefusalCode.HandshakeFailed, "the TLS handshake took too long");
        }
        catch (Exception e) when (SecureStream.Breaks(e))
        {
            refusal = (e as RefusalAlert)?.Refusal ?? new Refusal(RefusalCode.HandshakeFailed,
                $"the TLS handshake failed: {FailureText.Of(e)}");
        }
        catch
        {
            pump.Dispose();
            throw;
        }
        finally
        {
            // Before the farewell, which may take its time.
            guard.Dispose();
        }

        if (refusal is null)
        {
            return new AcceptOutcome.Accepted(new ServerSession(pump, peer, settings));
        }

        using (pump)
        {
            peer.ReleaseChain();
            await Farewell.DrainAsync(transport, limits, settings.Clock, cancellationToken).ConfigureAwait(false);
        }

        return new AcceptOutcome.Rejected(refusal);
    }

    /// <summary>
    /// Forgets the client's certificates, so that an image of many MiB does not stay in memory for the life of the connection. Slices of
    /// them (the command's image, for one) keep it alive as long as the caller holds them.
    /// </summary>
    public void ReleaseChain() => _peer.ReleaseChain();

    /// <summary>
    /// Sends close_notify, waits within the limits until the client has read everything and closed, and closes. Input that still arrives
    /// is dropped. Does not throw when the connection is broken already.
    /// </summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _pump.CloseAsync(cancellationToken).ConfigureAwait(false);
            await Farewell.DrainAsync(_pump.Transport, _settings.Limits, _settings.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (SecureStream.Breaks(e))
        {
            // The client has gone; closing is all that is left.
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes at once, without close_notify if <see cref="CloseAsync"/> was not called before.</summary>
    public ValueTask DisposeAsync()
    {
        _peer.ReleaseChain();
        return Stream.DisposeAsync();
    }
}
