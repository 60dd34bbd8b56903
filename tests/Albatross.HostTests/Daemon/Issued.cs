using System.Collections.Immutable;
using System.Security.Cryptography;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.HostTests.Daemon;

/// <summary>Certificates that the client would not make: expired, foreign, without extension, deeper chains.</summary>
internal static class Issued
{
    public static readonly Validity Now = Validity.From(DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
    public static readonly Validity LastYear = new(DateTimeOffset.UtcNow.AddDays(-370), DateTimeOffset.UtcNow.AddDays(-5));

    /// <summary>The CA in CERTIFICATE.pem and KEY.key of the daemon's certificates, with its chain.</summary>
    public static (SigningAuthority Authority, ImmutableArray<ParsedCertificate> Chain) Load(RunningDaemon daemon, string certificate, string key)
    {
        Assert.True(Pem.TryReadCertificates(
            File.ReadAllText(Path.Combine(daemon.Pki, certificate + ".pem")), out ImmutableArray<ParsedCertificate> chain, out _));
        Assert.True(KeyPair.TryReadPem(File.ReadAllText(Path.Combine(daemon.Pki, key + ".key")), out KeyPair? pair, out _));
        Assert.True(SigningAuthority.TryCreate(chain[0], pair, out SigningAuthority? authority, out _));
        return (authority, chain);
    }

    /// <summary>A sub-CA in LABEL.pem and LABEL.key.</summary>
    public static void Delegate(
        RunningDaemon daemon, (SigningAuthority Authority, ImmutableArray<ParsedCertificate> Chain) above, string label, ResourcePolicy policy)
    {
        Assert.True(Label.TryParse(label, out Label parsed, out _));
        KeyPair key = KeyPair.Generate(KeyType.Ed25519, RandomNumberGenerator.Fill);
        ParsedCertificate certificate = CertificateIssuer.Delegation(
            above.Authority, parsed, policy, key.PublicKey, Now, RandomNumberGenerator.Fill);
        Write(daemon, label, [certificate, .. above.Chain.Where(one => !one.Subject.Span.SequenceEqual(one.Issuer.Span))], key);
    }

    /// <summary>A leaf in NAME.pem and NAME.key.</summary>
    public static void Leaf(
        RunningDaemon daemon, (SigningAuthority Authority, ImmutableArray<ParsedCertificate> Chain) ca, string name, Command command, Validity validity)
    {
        Assert.True(Label.TryParse(name, out Label label, out _));
        KeyPair key = KeyPair.Generate(KeyType.Ed25519, RandomNumberGenerator.Fill);
        ParsedCertificate leaf = CertificateIssuer.Leaf(ca.Authority, label, command, key.PublicKey, validity, RandomNumberGenerator.Fill);
        Write(daemon, name, [leaf, .. ca.Chain], key);
    }

    /// <summary>A leaf like that of a server, but for a client's use: it carries no command.</summary>
    public static void LeafWithoutExtension(RunningDaemon daemon, string name)
    {
        // The client's own "generate" makes nothing of the kind: openssl does.
        OpenSsl.Run(daemon.Pki, "genpkey", "-algorithm", "ed25519", "-out", name + ".key");
        OpenSsl.Run(daemon.Pki, "req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr");
        File.WriteAllText(Path.Combine(daemon.Pki, name + ".ext"), "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n");
        OpenSsl.Run(
            daemon.Pki, "x509", "-req", "-in", name + ".csr", "-CA", "cacert.pem", "-CAkey", "root.key", "-days", "1", "-extfile", name + ".ext", "-out", name + ".pem");
    }

    /// <summary>A create of a small unikernel with its image.</summary>
    public static Command Create(byte[] image, long memoryMib = 16) => new Command.UnikernelCreate(
        new UnikernelConfig(
            ImageType.Solo5,
            Compressed: false,
            image,
            new UnikernelSettings(new FailBehaviour.Quit(), null, AddName: true, new ValueSet<long>([0]), memoryMib, [], [], null)),
        OnConflict.Refuse);

    /// <summary>A policy with CPUs 0 and 1 and no bridges.</summary>
    public static ResourcePolicy Policy(long unikernels, long memoryMib) => new(unikernels, new ValueSet<long>([0, 1]), memoryMib, null, default);

    private static void Write(RunningDaemon daemon, string name, IEnumerable<ParsedCertificate> chain, KeyPair key)
    {
        File.WriteAllText(Path.Combine(daemon.Pki, name + ".pem"), Pem.Write(chain));
        File.WriteAllText(Path.Combine(daemon.Pki, name + ".key"), key.ToPem());
    }
}
