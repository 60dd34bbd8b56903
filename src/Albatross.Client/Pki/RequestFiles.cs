using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Pki;

/// <summary>Signing requests in files: what <c>--csr</c> writes.</summary>
internal static class RequestFiles
{
    /// <summary>Writes LABEL.req, and LABEL.key if there is none; the client's exit status.</summary>
    /// <exception cref="ClientException">The name has a path, which a certificate cannot have: its path is that of its CA.</exception>
    public static int Write(KeyType type, Name name, Command command)
    {
        string label = CommonName(name, command);
        string keyFile = label + ".key";
        KeyPair key;
        if (File.Exists(keyFile))
        {
            key = CertificateFiles.Key(keyFile);
        }
        else
        {
            key = KeyPair.Generate(type, Randomness.Fill);
            CertificateFiles.WriteKey(keyFile, key);
        }

        File.WriteAllText(label + ".req", Pem.Write("CERTIFICATE REQUEST", SigningRequest.Create(key, label, command)));
        return ExitStatus.Success;
    }

    // A policy is requested for one label below the CA that will sign; everything else for a label in its path.
    private static string CommonName(Name name, Command command)
    {
        NamePath node = command is Command.PolicyAdd ? name.Path : name.Node;
        return node.Labels switch
        {
            [var label] => label.ToString(),
            [] => throw new ClientException(ExitStatus.Usage, "a signing request needs a name"),
            _ => throw new ClientException(
                ExitStatus.Usage, $"non-empty path: {name} is more than one label, and the path is the signing CA's"),
        };
    }
}
