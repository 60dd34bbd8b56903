using System.Collections.Immutable;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;

namespace Albatross.Client.Pki;

/// <summary>Certificates and keys in files.</summary>
internal static class CertificateFiles
{
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead;

    /// <summary>The certificates of a PEM file, at least one.</summary>
    /// <exception cref="ClientException">The file cannot be read, or holds something else.</exception>
    public static ImmutableArray<ParsedCertificate> Certificates(string path) =>
        Pem.TryReadCertificates(Read(path), out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal)
            ? certificates
            : throw Bad(path, refusal);

    /// <summary>The private key of a PEM file.</summary>
    /// <exception cref="ClientException">The file cannot be read, or holds something else.</exception>
    public static KeyPair Key(string path) =>
        KeyPair.TryReadPem(Read(path), out KeyPair? key, out Refusal? refusal) ? key : throw Bad(path, refusal);

    /// <summary>A CA: its certificate, then its chain, and its key.</summary>
    /// <exception cref="ClientException">They do not belong together, or cannot be read.</exception>
    public static (SigningAuthority Authority, ImmutableArray<ParsedCertificate> Chain) Authority(string certificates, string key)
    {
        ImmutableArray<ParsedCertificate> chain = Certificates(certificates);
        return SigningAuthority.TryCreate(chain[0], Key(key), out SigningAuthority? authority, out Refusal? refusal)
            ? (authority, chain)
            : throw Bad(certificates, refusal);
    }

    /// <summary>Writes a new private key for its owner's eyes only; a file that exists is never overwritten.</summary>
    /// <exception cref="IOException">The file exists.</exception>
    public static void WriteKey(string path, KeyPair key)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerReads,
        });
        using var writer = new StreamWriter(file);
        writer.Write(key.ToPem());
    }

    /// <summary>Writes certificates.</summary>
    public static void Write(string path, IEnumerable<ParsedCertificate> certificates) => File.WriteAllText(path, Pem.Write(certificates));

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ExitStatus.Usage, e.Message, e);
        }
    }

    private static ClientException Bad(string path, Refusal refusal) => new(ExitStatus.Usage, $"{path}: {refusal.Text}");
}
