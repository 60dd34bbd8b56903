using System.Diagnostics;
using System.Security.Cryptography;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Certificates;

/// <summary>A root, a server alba.example.org, a delegation "alpha" and leaves below it, made by our own issuer.</summary>
internal sealed class TestPki
{
    private readonly DateTimeOffset _now;

    public TestPki(KeyType type, DateTimeOffset now)
    {
        _now = now;
        KeyPair rootKey = KeyOf(type, 0);
        Root = AuthorityOf(CertificateIssuer.Root("root", rootKey, Validity.From(now, Validity.OfRoot), RandomNumberGenerator.Fill),
            rootKey);
        ServerKey = KeyOf(type, 1);
        ImmutableArray<ServerName> names = [NameOf("alba.example.org"), NameOf("127.0.0.1"), NameOf("2001:db8::1")];
        Server = CertificateIssuer.Server(
            Root, "alba", names, ServerKey.PublicKey, Validity.From(now, Validity.OfDelegationOrServer), RandomNumberGenerator.Fill);
        KeyPair delegationKey = KeyOf(type, 2);
        var policy = new ResourcePolicy(2, new([0, 1]), 256, null, new([RawText.Of("service")]));
        Delegation = AuthorityOf(
            CertificateIssuer.Delegation(
                Root, LabelOf("alpha"), policy, delegationKey.PublicKey, Validity.From(now, Validity.OfDelegationOrServer),
                    RandomNumberGenerator.Fill),
            delegationKey);
        LeafKey = KeyOf(type, 3);
    }

    public SigningAuthority Root { get; }

    public ParsedCertificate Server { get; }

    public KeyPair ServerKey { get; }

    public SigningAuthority Delegation { get; }

    public KeyPair LeafKey { get; }

    public static KeyPair NewKey(KeyType type) => KeyPair.Generate(type, RandomNumberGenerator.Fill);

    public static Label LabelOf(string text) => Label.TryParse(text, out Label label, out _) ? label : throw new UnreachableException();

    /// <summary>A create command with this image.</summary>
    public static Command Create(byte[] image) => new Command.UnikernelCreate(
        new UnikernelConfig(
            ImageType.Solo5,
            Compressed: false,
            image,
            new UnikernelSettings(new FailBehaviour.Quit(), null, false, new([0]), 32, [], [], null)),
        OnConflict.Refuse);

    /// <summary>A leaf below alpha, valid for five minutes.</summary>
    public ParsedCertificate Leaf(Label? label, Command command) => CertificateIssuer.Leaf(
        Delegation, label, command, LeafKey.PublicKey, Validity.From(_now, Validity.OfOneCommand), RandomNumberGenerator.Fill);

    // RSA keys take long to make, so these are the original's.
    private static KeyPair KeyOf(KeyType type, int number)
    {
        string file = ((string[])["vec", "server", "alpha", "info-named"])[number] + ".key";
        return type switch
        {
            KeyType.Rsa2048 => GoldenPki.Key($"rsa2048/{file}"),
            KeyType.Rsa4096 => GoldenPki.Key($"rsa4096/{file}"),
            _ => NewKey(type),
        };
    }

    private static SigningAuthority AuthorityOf(ParsedCertificate certificate, KeyPair key) =>
        SigningAuthority.TryCreate(certificate, key, out SigningAuthority? authority, out Refusal? refusal)
            ? authority
            : throw new UnreachableException(refusal.Text);

    private static ServerName NameOf(string text) =>
        ServerName.TryParse(text, out ServerName? name, out _) ? name : throw new UnreachableException();
}
