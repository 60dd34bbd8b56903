using Albatross.Fuzz.Targets;

namespace Albatross.Fuzz.Oracle;

/// <summary>
/// Section 8 of the wire specification and findings-tls section 6 as one sentence about numbers: a strictly linear chain, each signed by
/// the next, the last by an anchor, only a trailing copy of an anchor tolerated.
/// </summary>
internal static class ChainRules
{
    /// <summary>How many certificates count; 0 when the chain is refused. The numbers tell one certificate from another.</summary>
    public static int Accepted(
        CertificateSpecification[] chain, CertificateSpecification[] anchors, int[] chainNumbers, int[] anchorNumbers, bool isClient)
    {
        if (chain.Length is 0 or > 16)
        {
            return 0;
        }

        bool endsWithCopy = chain.Length > 1 && anchorNumbers.Contains(chainNumbers[^1]);
        CertificateSpecification[] counted = endsWithCopy ? chain[..^1] : chain;
        return anchors.Any(anchor => MayAnchor(anchor) && Holds(counted, anchor, isClient)) ? counted.Length : 0;
    }

    private static bool MayAnchor(CertificateSpecification anchor) =>
        anchor.Period == 0
        && (anchor.Version != 3 || (anchor.IsCa && MaySignCertificates(anchor.KeyUsage ?? CertificateSpecification.CertSignBit)));

    private static bool Holds(CertificateSpecification[] chain, CertificateSpecification anchor, bool isClient)
    {
        for (int i = 0; i < chain.Length; i++)
        {
            CertificateSpecification one = chain[i], issuer = i + 1 < chain.Length ? chain[i + 1] : anchor;
            bool isLinked = one.Issuer == issuer.Subject && one.Signer == issuer.Key && IdentifiersAgree(one, issuer);
            bool isFit = one is { Version: 3, Oddity: 0, Period: 0 } && IsForPurpose(one.Purpose, isClient)
                && (i == 0 ? IsLeaf(one) : one.IsCa && one.KeyUsage is { } usage && MaySignCertificates(usage));
            if (!isLinked || !isFit)
            {
                return false;
            }
        }

        // A path length says how many intermediates may stand below (the leaf does not count).
        return chain.Append(anchor).Index().All(one => PathLengthOf(one.Item) is not { } most || one.Index - 1 <= most);
    }

    private static int? PathLengthOf(CertificateSpecification one) => one.Version == 3 ? one.PathLength : null;

    private static bool IdentifiersAgree(CertificateSpecification one, CertificateSpecification issuer) =>
        one.AuthorityKey is not { } wanted || issuer.SubjectKey is not { } had || issuer.Version != 3 || wanted == had;

    private static bool IsLeaf(CertificateSpecification one) =>
        !one.IsCa && (one.KeyUsage is not { } usage || (usage & CertificateSpecification.SignBit) != 0);

    private static bool MaySignCertificates(int usage) => (usage & CertificateSpecification.CertSignBit) != 0;

    private static bool IsForPurpose(int purpose, bool isClient) => purpose is 0 or 3 || purpose == (isClient ? 1 : 2);
}
