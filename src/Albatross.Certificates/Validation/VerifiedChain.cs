using Albatross.Certificates.Reading;

namespace Albatross.Certificates.Validation;

/// <summary>
/// A chain that <see cref="ChainValidation"/> accepted: exactly the certificates that were presented, in their order, without a trailing
/// copy of the anchor. Path and policies are derived from this array and from nothing else.
/// </summary>
public sealed class VerifiedChain
{
    internal VerifiedChain(ImmutableArray<ParsedCertificate> certificates, ParsedCertificate anchor)
    {
        Certificates = certificates;
        Anchor = anchor;
    }

    /// <summary>Leaf first, then each one's issuer; the anchor is not in it. At least one.</summary>
    public ImmutableArray<ParsedCertificate> Certificates { get; }

    /// <summary>The configured certificate that signed the last of <see cref="Certificates"/>.</summary>
    public ParsedCertificate Anchor { get; }

    /// <summary>The presented certificate.</summary>
    public ParsedCertificate Leaf => Certificates[0];

    /// <summary>The intermediates from the one below the anchor down to the leaf's issuer: the order of a path.</summary>
    public IEnumerable<ParsedCertificate> IntermediatesFromTheRoot => Certificates.Skip(1).Reverse();
}
