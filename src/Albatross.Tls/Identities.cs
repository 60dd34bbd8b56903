using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Tls.Crypto;

namespace Albatross.Tls;

/// <summary>
/// The server's chain (leaf first, anchor not needed) and its key. Shared by all sessions; may be used from many threads.
/// </summary>
public sealed class ServerIdentity
{
    private ServerIdentity(Credentials credentials) => Credentials = credentials;

    internal Credentials Credentials { get; }

    /// <summary>Joins both, or says why they do not belong together.</summary>
    public static bool TryCreate(
        ImmutableArray<ParsedCertificate> chain,
        KeyPair key,
        [NotNullWhen(true)] out ServerIdentity? identity,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = Credentials.Check(chain, key);
        identity = refusal is null ? new ServerIdentity(new Credentials(chain, key)) : null;
        return refusal is null;
    }
}

/// <summary>A user's leaf with the command, the intermediates below the server's anchor, and the leaf's key.</summary>
public sealed class ClientIdentity
{
    private ClientIdentity(Credentials credentials) => Credentials = credentials;

    internal Credentials Credentials { get; }

    /// <summary>Joins both, or says why not: another key, or more bytes than TLS can carry.</summary>
    public static bool TryCreate(
        ImmutableArray<ParsedCertificate> chain,
        KeyPair key,
        [NotNullWhen(true)] out ClientIdentity? identity,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = Credentials.Check(chain, key) ?? CertificateListSize.Check(chain);
        identity = refusal is null ? new ClientIdentity(new Credentials(chain, key)) : null;
        return refusal is null;
    }
}

/// <summary>Whom a client accepts as its server.</summary>
/// <param name="Anchors">The certificates of the CA file.</param>
/// <param name="Name">The name that its certificate must have; null checks the chain only, as the original does.</param>
/// <param name="NameSource">Where in the certificate the name is looked for.</param>
public sealed record ServerTrust(
    ImmutableArray<ParsedCertificate> Anchors, ServerName? Name, NameSource NameSource = NameSource.SubjectAlternativeName);
