using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Certificates.Validation;

/// <summary>
/// Is a chain as presented good for a purpose at an instant? Strictly linear, which is narrower than RFC 5280 section 6 on purpose: each
/// certificate is signed by the next and names it byte for byte as its issuer, the last is signed by an anchor (or is a copy of one),
/// nothing is unused or re-ordered; so whoever derives a path from the same array derives it from exactly what was checked. It works from
/// the anchor down: a stranger's big leaf is hashed last, after its issuers have proved good.
/// </summary>
/// <example><code>
/// ChainValidation.TryValidate(presented, [anchor], now, ChainPurpose.Client, out VerifiedChain? chain,
///     out Refusal? refusal)
/// </code></example>
public static class ChainValidation
{
    /// <summary>The most certificates that are accepted in one handshake, a copy of the anchor included.</summary>
    public const int MaxCertificates = 16;

    /// <summary>Checks <paramref name="presented"/> (leaf first), or says which certificate is refused and why.</summary>
    public static bool TryValidate(
        ImmutableArray<ParsedCertificate> presented,
        ImmutableArray<ParsedCertificate> anchors,
        DateTimeOffset instant,
        ChainPurpose purpose,
        [NotNullWhen(true)] out VerifiedChain? chain,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        chain = null;
        refusal = presented.Length switch
        {
            0 => new Refusal(RefusalCode.CertificateRequired, "no certificate was presented"),
            > MaxCertificates => new Refusal(RefusalCode.ChainTooLong,
                $"{presented.Length} certificates were presented, at most {MaxCertificates} are accepted"),
            _ => null,
        };
        if (refusal is not null)
        {
            return false;
        }

        if (presented.Length > 1 && anchors.Any(anchor => anchor.Raw.Span.SequenceEqual(presented[^1].Raw.Span)))
        {
            presented = presented[..^1];
        }

        refusal = CheckBelowAny(presented, anchors, instant, purpose, out ParsedCertificate? found);
        chain = refusal is null ? new VerifiedChain(presented, found!) : null;
        return chain is not null;
    }

    // Several anchors may have one name, with another key or with the same one (a CA that was renewed): one that is good is enough.
    // Told is rather what is wrong below an anchor that signed the chain than what is wrong with one that perhaps did not.
    private static Refusal? CheckBelowAny(
        ImmutableArray<ParsedCertificate> presented,
        ImmutableArray<ParsedCertificate> anchors,
        DateTimeOffset instant,
        ChainPurpose purpose,
        out ParsedCertificate? found)
    {
        ParsedCertificate last = presented[^1];
        Refusal? told = null;
        foreach (ParsedCertificate anchor in anchors.Where(anchor => Names(last, anchor)))
        {
            Refusal? atAnchor = CheckAnchor(anchor, instant);
            Refusal? refusal = atAnchor ?? CheckDownwards(presented, anchor, instant, purpose);
            if (refusal is null)
            {
                found = anchor;
                return null;
            }

            bool isTelling = atAnchor is null && refusal.Code != RefusalCode.UnknownCa;
            told = isTelling ? refusal : told ?? refusal;
        }

        found = null;
        return told
            ?? new Refusal(RefusalCode.UnknownCa, $"{Describe(presented, presented.Length - 1)} was not issued by a trusted CA");
    }

    private static Refusal? CheckAnchor(ParsedCertificate anchor, DateTimeOffset instant)
    {
        const string Who = "the trusted CA";
        KeyUsages usage = anchor.Extensions.KeyUsage ?? KeyUsages.KeyCertSign;
        bool mayIssue = anchor.Version != 3 || (anchor.Extensions.IsCa && usage.HasFlag(KeyUsages.KeyCertSign));
        return !mayIssue
            ? new Refusal(RefusalCode.CertificateRefused,
                $"{Who} {PrintableText.Of(anchor.CommonName)} is not a CA certificate that may sign others")
            : CheckValidity(anchor, Who, instant);
    }

    private static Refusal? CheckDownwards(
        ImmutableArray<ParsedCertificate> presented, ParsedCertificate anchor, DateTimeOffset instant, ChainPurpose purpose)
    {
        ParsedCertificate issuer = anchor;
        int mayFollow = anchor.Extensions.PathLength ?? int.MaxValue;
        for (int at = presented.Length - 1; at >= 0; at--)
        {
            ParsedCertificate one = presented[at];
            string who = Describe(presented, at);
            if (at > 0 && mayFollow-- == 0)
            {
                return new Refusal(RefusalCode.CertificateRefused, $"{who} exceeds the path length of a certificate above it");
            }

            Refusal? refusal = CheckForm(one, who)
                ?? CheckIssuer(one, who, issuer)
                ?? CheckValidity(one, who, instant)
                ?? (at > 0 ? CheckIntermediate(one, who, purpose) : CheckLeaf(one, who, purpose))
                ?? CheckSignature(one, who, issuer, at == presented.Length - 1);
            if (refusal is not null)
            {
                return refusal;
            }

            mayFollow = Math.Min(mayFollow, one.Extensions.PathLength ?? int.MaxValue);
            issuer = one;
        }

        return null;
    }

    private static Refusal? CheckForm(ParsedCertificate one, string who)
    {
        if (one.Version != 3)
        {
            return new Refusal(RefusalCode.CertificateRefused, $"{who} is of version {one.Version}, not 3");
        }

        return one.Extensions.Unacceptable is { } extension
            ? new Refusal(RefusalCode.CertificateRefused, $"{who} has {extension}")
            : null;
    }

    private static Refusal? CheckIssuer(ParsedCertificate one, string who, ParsedCertificate issuer)
    {
        if (!Names(one, issuer))
        {
            return new Refusal(RefusalCode.CertificateRefused, $"{who} was not issued by the next certificate of the chain");
        }

        return one.Extensions.AuthorityKeyIdentifier is { } wanted
            && issuer.Extensions.SubjectKeyIdentifier is { } had
            && !wanted.Span.SequenceEqual(had.Span)
                ? new Refusal(RefusalCode.UnknownCa, $"{who} was issued with another key of its issuer")
                : null;
    }

    // RFC 5280 4.1.2.5: from notBefore through notAfter, inclusive.
    private static Refusal? CheckValidity(ParsedCertificate one, string who, DateTimeOffset instant)
    {
        if (instant < one.NotBefore)
        {
            return new Refusal(RefusalCode.CertificateNotYetValid, $"{who} is not valid before {one.NotBefore:yyyy-MM-dd HH:mm:ss}Z");
        }

        return instant > one.NotAfter
            ? new Refusal(RefusalCode.CertificateExpired, $"{who} expired on {one.NotAfter:yyyy-MM-dd HH:mm:ss}Z")
            : null;
    }

    private static Refusal? CheckIntermediate(ParsedCertificate one, string who, ChainPurpose purpose)
    {
        string? why = one.Extensions switch
        {
            { IsCa: false } => "is not a CA certificate but issued another",
            { KeyUsage: null } => "has no key usage; a CA needs keyCertSign",
            { KeyUsage: { } usage } when !usage.HasFlag(KeyUsages.KeyCertSign) => "may not sign certificates (key usage)",
            { Purposes: { } purposes } when !Allows(purposes, purpose) =>
                $"may not issue {purpose.ToString().ToLowerInvariant()} certificates (extended key usage)",
            _ => null,
        };
        return why is null ? null : new Refusal(RefusalCode.CertificateRefused, $"{who} {why}");
    }

    private static Refusal? CheckLeaf(ParsedCertificate one, string who, ChainPurpose purpose)
    {
        string? why = one.Extensions switch
        {
            { IsCa: true } => "is a CA certificate, not a leaf",
            { KeyUsage: { } usage } when !usage.HasFlag(KeyUsages.DigitalSignature) => "may not sign (key usage)",
            { Purposes: { } purposes } when !Allows(purposes, purpose) =>
                $"is not for a {purpose.ToString().ToLowerInvariant()} (extended key usage)",
            _ => null,
        };
        return why is null ? null : new Refusal(RefusalCode.CertificateRefused, $"{who} {why}");
    }

    // A wrong signature right below the anchor is most often another CA of the same name.
    private static Refusal? CheckSignature(ParsedCertificate one, string who, ParsedCertificate issuer, bool isBelowAnchor)
    {
        if (one.IsSignedBy(issuer.PublicKey))
        {
            return null;
        }

        return isBelowAnchor
            ? new Refusal(RefusalCode.UnknownCa, $"{who} names the trusted CA but is not signed by it")
            : new Refusal(RefusalCode.CertificateRefused, $"{who} has a wrong signature");
    }

    private static bool Allows(ImmutableArray<string> purposes, ChainPurpose purpose) =>
        purposes.Contains(purpose == ChainPurpose.Client ? Oids.ClientAuth : Oids.ServerAuth)
            || purposes.Contains(Oids.AnyExtendedKeyUsage);

    private static bool Names(ParsedCertificate one, ParsedCertificate issuer) => one.Issuer.Span.SequenceEqual(issuer.Subject.Span);

    private static string Describe(ImmutableArray<ParsedCertificate> presented, int at)
    {
        string commonName = PrintableText.Of(presented[at].CommonName);
        return at == 0 ? $"the leaf certificate {commonName}" : $"intermediate {at} of {presented.Length - 1} {commonName}";
    }
}
