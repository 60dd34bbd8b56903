namespace Albatross.Client;

/// <summary>The exit statuses of the original client (semantics, section 12).</summary>
internal static class ExitStatus
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>Our own chain is not good, so nothing was sent.</summary>
    public const int OwnChainInvalid = 116;

    /// <summary>The daemon answered with a failure.</summary>
    public const int Failure = 117;

    /// <summary>The server refused our certificate.</summary>
    public const int CertificateRefused = 119;

    /// <summary>We do not trust the server.</summary>
    public const int ServerNotTrusted = 120;

    /// <summary>The connection broke, or an answer could not be read.</summary>
    public const int Communication = 121;

    /// <summary>Nobody listens there.</summary>
    public const int Connect = 122;

    /// <summary>Wrong usage, or a file or certificate that cannot be read or made.</summary>
    public const int Usage = 124;

    /// <summary>SIGINT or SIGTERM, as a shell reports it.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends the client with a sentence for the person and an exit status.</summary>
internal sealed class ClientException(int status, string sentence, Exception? inner = null) : Exception(sentence, inner)
{
    /// <summary>One of <see cref="ExitStatus"/>.</summary>
    public int Status { get; } = status;
}
