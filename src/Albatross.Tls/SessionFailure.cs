using Albatross.Policy;

namespace Albatross.Tls;

/// <summary>Why a session did not begin or broke off. One sealed case per kind.</summary>
public abstract record SessionFailure
{
    private protected SessionFailure() { }

    /// <summary>One sentence for the person.</summary>
    public abstract string Text { get; }

    /// <summary>The server's certificates are not good for the configured CA and name; nothing was sent to it.</summary>
    /// <param name="Refusal">Which certificate, and why.</param>
    public sealed record ServerNotTrusted(Refusal Refusal) : SessionFailure
    {
        /// <inheritdoc/>
        public override string Text => $"the server is not trusted: {Refusal.Text}";
    }

    /// <summary>
    /// The server does not accept our certificate. In TLS 1.3 this comes after the handshake has succeeded for us, with the first read
    /// (RFC 8446 4.4.2.4).
    /// </summary>
    /// <param name="Alert">The alert as TLS names it, such as <c>certificate_expired</c>.</param>
    public sealed record ServerRefusedCertificate(string Alert) : SessionFailure
    {
        /// <inheritdoc/>
        public override string Text => $"the server refused our certificate: {Alert}";
    }

    /// <summary>Everything else: broken connection, time-out, a peer that does not speak TLS 1.3.</summary>
    /// <param name="Reason">What happened.</param>
    public sealed record ConnectionFailed(string Reason) : SessionFailure
    {
        /// <inheritdoc/>
        public override string Text => $"the connection failed: {Reason}";
    }
}

/// <summary>A session broke off in the middle of a read or a write.</summary>
public sealed class SessionFailedException : IOException
{
    /// <summary>Creates the exception for <paramref name="failure"/>.</summary>
    public SessionFailedException(SessionFailure failure, Exception? inner = null)
        : base(failure.Text, inner) => Failure = failure;

    /// <summary>What happened.</summary>
    public SessionFailure Failure { get; }
}
