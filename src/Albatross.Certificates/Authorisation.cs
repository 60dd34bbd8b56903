using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Certificates;

/// <summary>
/// What a valid chain asks for and may have (wire specification, section 9). Pure reading of the extensions: whether the policies fit
/// each other and the host is decided by admission, and an all-zero policy is as good as any.
/// </summary>
/// <param name="Version">The protocol version of the leaf's extension, for the replies; always 5.</param>
/// <param name="Name">The path of the intermediates and the label of the leaf, if it has one.</param>
/// <param name="Policies">What each path of the chain may use, from the root down. The original inserts them in the opposite order.</param>
/// <param name="Command">What is asked for. Its texts and image are slices of the leaf's bytes.</param>
public sealed record Authorisation(long Version, Name Name, ImmutableArray<GrantedPolicy> Policies, Command Command)
{
    /// <summary>The most certificates of a chain, the anchor not counted.</summary>
    public const int MaxCertificates = 9;

    /// <summary>Reads <paramref name="chain"/>, or says with the original's words why it grants nothing.</summary>
    public static bool TryRead(
        VerifiedChain chain, [NotNullWhen(true)] out Authorisation? authorisation, [NotNullWhen(false)] out Refusal? refusal)
    {
        authorisation = null;
        if (chain.Certificates.Length > MaxCertificates)
        {
            refusal = new Refusal(RefusalCode.ChainTooLong, "certificate chain too long");
            return false;
        }

        var policies = ImmutableArray.CreateBuilder<GrantedPolicy>();
        NamePath path = NamePath.Root;
        foreach (ParsedCertificate intermediate in chain.IntermediatesFromTheRoot)
        {
            // An intermediate without the extension only relays trust: it adds neither a label nor a policy.
            if (intermediate.Extensions.Albatross is not { } value)
            {
                continue;
            }

            if (!TryReadDelegation(intermediate.CommonName, value, out Label label, out ResourcePolicy? policy, out refusal))
            {
                return false;
            }

            path = path.Child(label);
            policies.Add(new GrantedPolicy(path, policy));
        }

        return TryReadLeaf(chain.Leaf, path, policies.DrainToImmutable(), out authorisation, out refusal);
    }

    private static bool TryReadDelegation(
        string? commonName,
        ReadOnlyMemory<byte> value,
        out Label label,
        [NotNullWhen(true)] out ResourcePolicy? policy,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        label = default;
        policy = null;
        if (!ExtensionCodec.TryDecode(value, out Command? command, out refusal))
        {
            return false;
        }

        policy = (command as Command.PolicyAdd)?.Policy;
        if (policy is null)
        {
            refusal = new Refusal(RefusalCode.UnexpectedCommand, $"unexpected wire {command.Words}");
            return false;
        }

        return NameRules.TryReadDelegation(commonName, out label, out refusal);
    }

    private static bool TryReadLeaf(
        ParsedCertificate leaf,
        NamePath path,
        ImmutableArray<GrantedPolicy> policies,
        [NotNullWhen(true)] out Authorisation? authorisation,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        authorisation = null;
        if (leaf.Extensions.Albatross is not { } value)
        {
            refusal = new Refusal(RefusalCode.NoExtension, "leaf certificate does not contain an albatross extension");
            return false;
        }

        if (!ExtensionCodec.TryDecode(value, out Command? command, out refusal)
            || !NameRules.TryReadLeaf(leaf.CommonName, command, out Label? label, out refusal))
        {
            return false;
        }

        refusal = NameRules.CheckCommand(command);
        authorisation = refusal is null ? new Authorisation(Header.Version, new Name(path, label), policies, command) : null;
        return refusal is null;
    }
}

/// <summary>The upper bounds that an intermediate grants to its path.</summary>
/// <param name="Path">The path: the labels of this intermediate and of those above it.</param>
/// <param name="Policy">The bounds.</param>
public sealed record GrantedPolicy(NamePath Path, ResourcePolicy Policy);
