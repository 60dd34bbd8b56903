namespace Albatross.Certificates.Issuing;

/// <summary>The first and the last second of a certificate's validity (RFC 5280 4.1.2.5); fractions of a second are cut.</summary>
/// <param name="NotBefore">The first second.</param>
/// <param name="NotAfter">The last second.</param>
public sealed record Validity(DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>
    /// How much earlier than the issuer's clock a validity begins, so that a peer whose clock is behind accepts it (as the original
    /// does).
    /// </summary>
    public static readonly TimeSpan Backdating = TimeSpan.FromSeconds(10);

    /// <summary>What the original gives to the leaf of a command that is sent at once.</summary>
    public static readonly TimeSpan OfOneCommand = TimeSpan.FromSeconds(300);

    /// <summary>What the original gives to a signed command.</summary>
    public static readonly TimeSpan OfSignedCommand = TimeSpan.FromDays(1);

    /// <summary>What the original gives to an intermediate or a server.</summary>
    public static readonly TimeSpan OfDelegationOrServer = TimeSpan.FromDays(365);

    /// <summary>What the original gives to a root CA.</summary>
    public static readonly TimeSpan OfRoot = TimeSpan.FromDays(3650);

    /// <summary>From ten seconds before <paramref name="now"/> until <paramref name="duration"/> after it.</summary>
    public static Validity From(DateTimeOffset now, TimeSpan duration) => new(now - Backdating, now + duration);
}
