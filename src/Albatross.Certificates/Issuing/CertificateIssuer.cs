using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Certificates.Issuing;

/// <summary>
/// Makes the four kinds of certificates with the profiles of the original (wire specification, section 9: BasicConstraints and KeyUsage
/// critical, key identifiers, and the purpose of leaves and servers critical). Clock and randomness are the caller's.
/// </summary>
/// <example><code>
/// ParsedCertificate leaf = CertificateIssuer.Leaf(authority, label, command, key.PublicKey, Validity.From(now,
///     Validity.OfOneCommand), random)
/// </code></example>
public static class CertificateIssuer
{
    private const KeyUsages CaUsage = KeyUsages.KeyCertSign | KeyUsages.CrlSign | KeyUsages.DigitalSignature | KeyUsages.NonRepudiation;
    private const KeyUsages LeafUsage = KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment;

    /// <summary>The common name of a leaf that is about the path itself.</summary>
    private const string PathItself = ".";

    /// <summary>A self-signed root CA: the trust anchor of a server and its users.</summary>
    public static ParsedCertificate Root(string commonName, KeyPair key, Validity validity, RandomSource random)
    {
        byte[] name = DerFields.Name(commonName);
        return CertificateWriter.Write(
            new CertificateTemplate
            {
                Issuer = name,
                Subject = name,
                Validity = validity,
                PublicKey = key.PublicKey,
                IsCa = true,
                KeyUsage = CaUsage,
            },
            key,
            random);
    }

    /// <summary>A server's certificate for <paramref name="names"/> (SubjectAltName; the original has none).</summary>
    public static ParsedCertificate Server(
        SigningAuthority authority,
        string commonName,
        ImmutableArray<ServerName> names,
        PublicKey key,
        Validity validity,
        RandomSource random) =>
        Write(authority, Below(authority, commonName, key, validity) with { Purpose = Oids.ServerAuth, Names = names }, random);

    /// <summary>A sub-CA that may use <paramref name="policy"/> in the path <paramref name="label"/> below the authority's.</summary>
    public static ParsedCertificate Delegation(
        SigningAuthority authority, Label label, ResourcePolicy policy, PublicKey key, Validity validity, RandomSource random) =>
        Write(
            authority,
            Below(authority, label.ToString(), key, validity) with
            {
                IsCa = true,
                KeyUsage = CaUsage,
                Albatross = ExtensionCodec.Encode(new Command.PolicyAdd(policy)),
            },
            random);

    /// <summary>
    /// A user's leaf that carries <paramref name="command"/> about <paramref name="label"/> in the authority's path, or about the path
    /// itself (null; written as common name <c>.</c>). See <see cref="CertificateListSize"/> before sending one with an image.
    /// </summary>
    public static ParsedCertificate Leaf(
        SigningAuthority authority, Label? label, Command command, PublicKey key, Validity validity, RandomSource random) =>
        Write(
            authority,
            Below(authority, label?.ToString() ?? PathItself, key, validity) with
            {
                Purpose = Oids.ClientAuth,
                Albatross = ExtensionCodec.Encode(command),
            },
            random);

    /// <summary>
    /// Signs what <paramref name="request"/> asks for: a delegation for a policy, a leaf for a command. Of the request only the key, the
    /// common name and the command count; the command is encoded anew. Refuses what no server would accept: a name that is no label, a
    /// command that may not stand in a leaf, or more than the authority's own policy allows.
    /// </summary>
    public static bool TrySign(
        SigningAuthority authority,
        SigningRequest request,
        Validity validity,
        RandomSource random,
        [NotNullWhen(true)] out ParsedCertificate? certificate,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        certificate = null;
        Label? label;
        refusal = CheckPolicy(authority, request.Command);
        if (refusal is not null)
        {
            return false;
        }

        if (request.Command is Command.PolicyAdd add)
        {
            if (!NameRules.TryReadDelegation(request.CommonName, out Label path, out refusal))
            {
                return false;
            }

            certificate = Delegation(authority, path, add.Policy, request.PublicKey, validity, random);
            return true;
        }

        refusal = NameRules.CheckCommand(request.Command);
        if (refusal is null && request.Command is Command.Unknown unknown)
        {
            refusal = new Refusal(RefusalCode.UnknownTag, $"a command of a newer version: {unknown.Where}");
        }

        if (refusal is not null || !NameRules.TryReadLeaf(request.CommonName, request.Command, out label, out refusal))
        {
            return false;
        }

        certificate = Leaf(authority, label, request.Command, request.PublicKey, validity, random);
        return true;
    }

    // A root has no policy. What of a chain is above this authority, and what already runs, is for the server to check.
    private static Refusal? CheckPolicy(SigningAuthority authority, Command command)
    {
        if (authority.Certificate.Extensions.Albatross is not { } value)
        {
            return null;
        }

        if (!ExtensionCodec.TryDecode(value, out Command? granted, out Refusal? refusal))
        {
            return refusal;
        }

        ResourcePolicy? own = (granted as Command.PolicyAdd)?.Policy;
        return command switch
        {
            _ when own is null => new Refusal(RefusalCode.UnexpectedCommand, $"the issuing certificate carries {granted.Words}, no policy"),
            Command.PolicyAdd add => add.Policy.WithinParent(own),
            Command.UnikernelCreate create => own.RefuseAlone(create.Config.Settings),
            Command.UnikernelRestart { Settings: { } settings } => own.RefuseAlone(settings),
            _ => null,
        };
    }

    private static CertificateTemplate Below(SigningAuthority authority, string commonName, PublicKey key, Validity validity) => new()
    {
        Issuer = authority.Certificate.Subject,
        Subject = DerFields.Name(commonName),
        Validity = validity,
        PublicKey = key,
        IsCa = false,
        KeyUsage = LeafUsage,
        AuthorityKeyIdentifier = authority.Certificate.Extensions.SubjectKeyIdentifier ?? DerFields.KeyIdentifier(authority.Key.PublicKey),
    };

    private static ParsedCertificate Write(SigningAuthority authority, CertificateTemplate template, RandomSource random) =>
        CertificateWriter.Write(template, authority.Key, random);
}
