using System.Collections.Immutable;
using Albatross.Certificates;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>What a chain is good for, judged as our endpoint and our client judge it.</summary>
internal sealed record ChainVerdict
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    private ChainVerdict() { }

    /// <summary>A server's chain, or a user's.</summary>
    public required ChainPurpose Purpose { get; init; }

    /// <summary>Why the chain, or what it asks for, is refused; null when it is good.</summary>
    public Refusal? Refusal { get; private init; }

    /// <summary>What a user's good chain asks for and may have.</summary>
    public Authorisation? Authorisation { get; private init; }

    /// <summary>Judges <paramref name="presented"/>, leaf first.</summary>
    public static ChainVerdict Of(
        ImmutableArray<ParsedCertificate> presented, ImmutableArray<ParsedCertificate> anchors, DateTimeOffset instant)
    {
        CertificateExtensions leaf = presented[0].Extensions;
        bool isServer = leaf.Albatross is null && leaf.Purposes is { } purposes && purposes.Contains(ServerAuth);
        ChainPurpose purpose = isServer ? ChainPurpose.Server : ChainPurpose.Client;
        if (!ChainValidation.TryValidate(presented, anchors, instant, purpose, out VerifiedChain? chain, out Refusal? refusal))
        {
            return new ChainVerdict { Purpose = purpose, Refusal = refusal };
        }

        if (isServer)
        {
            return new ChainVerdict { Purpose = purpose };
        }

        return Authorisation.TryRead(chain, out Authorisation? authorisation, out refusal)
            ? new ChainVerdict { Purpose = purpose, Authorisation = authorisation }
            : new ChainVerdict { Purpose = purpose, Refusal = refusal };
    }
}
