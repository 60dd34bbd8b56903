using System.Security.Cryptography;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509.Extension;

namespace Albatross.Tests.Certificates;

public sealed class IssuingTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ResourcePolicy Policy = new(2, new([0, 1]), 256, null, new([RawText.Of("service")]));

    public static TheoryData<KeyType> AllKeyTypes => [.. Enum.GetValues<KeyType>()];

    [Theory]
    [MemberData(nameof(AllKeyTypes))]
    public async Task A_root_a_server_a_delegation_and_a_leaf_are_good_and_openssl_agrees(KeyType type)
    {
        var pki = new TestPki(type, Now);
        ParsedCertificate leaf = pki.Leaf(TestPki.LabelOf("hello"), new Command.UnikernelInfo());
        Assert.True(ServerName.TryParse("alba.example.org", out ServerName? dns, out _));
        Assert.True(ServerName.TryParse("2001:db8::1", out ServerName? address, out _));

        Assert.True(ChainValidation.TryValidate(
            [leaf, pki.Delegation.Certificate], [pki.Root.Certificate], Now, ChainPurpose.Client, out VerifiedChain? chain,
                out Refusal? refusal), refusal?.Text);
        Assert.True(Authorisation.TryRead(chain, out Authorisation? authorisation, out _));
        Assert.Equal("alpha:hello", authorisation.Name.ToString());
        Assert.Equal(Policy, authorisation.Policies.Single().Policy);
        Assert.True(ChainValidation.TryValidate(
            [pki.Server], [pki.Root.Certificate], Now, ChainPurpose.Server, out VerifiedChain? server, out refusal), refusal?.Text);
        Assert.Null(dns.Check(server.Leaf, NameSource.SubjectAlternativeName));
        Assert.Null(address.Check(server.Leaf, NameSource.SubjectAlternativeName));
        await OpenSslAgreesAsync(pki, leaf);
    }

    [Fact]
    public void The_profiles_are_those_of_the_original()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        CertificateExtensions leaf = pki.Leaf(null, new Command.UnikernelInfo()).Extensions;
        CertificateExtensions delegation = pki.Delegation.Certificate.Extensions;
        CertificateExtensions root = pki.Root.Certificate.Extensions;
        const KeyUsages Ca = KeyUsages.KeyCertSign | KeyUsages.CrlSign | KeyUsages.DigitalSignature | KeyUsages.NonRepudiation;
        const KeyUsages Leaf = KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment;

        Assert.Equal((false, Leaf, "1.3.6.1.5.5.7.3.2"), (leaf.IsCa, leaf.KeyUsage!.Value, leaf.Purposes!.Value.Single()));
        Assert.Equal((false, Leaf, "1.3.6.1.5.5.7.3.1"),
            (pki.Server.Extensions.IsCa, pki.Server.Extensions.KeyUsage!.Value, pki.Server.Extensions.Purposes!.Value.Single()));
        Assert.Equal((true, Ca, false, false),
            (delegation.IsCa, delegation.KeyUsage!.Value, delegation.Purposes.HasValue, delegation.PathLength.HasValue));
        Assert.Equal((true, Ca, false, false),
            (root.IsCa, root.KeyUsage!.Value, root.AuthorityKeyIdentifier.HasValue, root.Albatross.HasValue));
        Assert.Equal(delegation.SubjectKeyIdentifier!.Value.ToArray(), leaf.AuthorityKeyIdentifier!.Value.ToArray());
        Assert.Equal(root.SubjectKeyIdentifier!.Value.ToArray(), delegation.AuthorityKeyIdentifier!.Value.ToArray());
        var rootKey = PublicKeyFactory.CreateKey(pki.Root.Certificate.PublicKey.SubjectPublicKeyInfo.ToArray());
        Assert.Equal(X509ExtensionUtilities.CreateSubjectKeyIdentifier(rootKey).GetKeyIdentifier(),
            root.SubjectKeyIdentifier!.Value.ToArray());
        Assert.Equal((Now.AddSeconds(-10), Now.AddSeconds(300)),
            (pki.Leaf(null, new Command.UnikernelInfo()).NotBefore, pki.Leaf(null, new Command.UnikernelInfo()).NotAfter));
        Assert.Equal(".", pki.Leaf(null, new Command.UnikernelInfo()).CommonName);
    }

    [Fact]
    public void The_same_random_bytes_give_the_same_certificate()
    {
        static void Counting(Span<byte> destination) => destination.Fill(7);
        KeyPair key = KeyPair.Generate(KeyType.P256, Counting);

        Assert.Equal(
            CertificateIssuer.Root("root", key, Validity.From(Now, Validity.OfRoot), Counting).Raw.ToArray(),
            CertificateIssuer.Root("root", key, Validity.From(Now, Validity.OfRoot), Counting).Raw.ToArray());
    }

    [Fact]
    public void A_validity_beyond_2049_is_written_as_RFC_5280_wants_it()
    {
        KeyPair key = TestPki.NewKey(KeyType.Ed25519);
        ParsedCertificate root =
            CertificateIssuer.Root("root", key, new Validity(Now, new(2050, 1, 1, 0, 0, 0, TimeSpan.Zero)), RandomNumberGenerator.Fill);

        Assert.Equal(2050, root.NotAfter.Year);
        Assert.Contains("180F3230353030313031303030303030", Convert.ToHexString(root.Raw.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_ten_MiB_is_issued_with_few_copies()
    {
        const int Size = 10 * 1024 * 1024;
        var pki = new TestPki(KeyType.P256, Now);
        Command create = TestPki.Create(new byte[Size]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        ParsedCertificate leaf = pki.Leaf(TestPki.LabelOf("big"), create);
        double copies = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Size;

        Assert.InRange(leaf.Raw.Length, Size, Size + 1000);
        Assert.True(copies < 5, $"{copies:F1} times the image were allocated");
    }

    [Fact]
    public void A_chain_of_more_than_a_TLS_message_can_hold_is_refused_with_both_sizes()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        ParsedCertificate small = pki.Leaf(TestPki.LabelOf("big"), TestPki.Create(new byte[1]));
        int overhead = (int)CertificateListSize.MessageBytes([small, pki.Delegation.Certificate]) + 64;
        ParsedCertificate fits = pki.Leaf(TestPki.LabelOf("big"), TestPki.Create(new byte[CertificateListSize.MaxMessageBytes - overhead]));
        ParsedCertificate tooBig = pki.Leaf(TestPki.LabelOf("big"), TestPki.Create(new byte[CertificateListSize.MaxMessageBytes]));

        Assert.Null(CertificateListSize.Check([fits, pki.Delegation.Certificate]));
        Refusal? refusal = CertificateListSize.Check([tooBig, pki.Delegation.Certificate]);
        Assert.Equal(RefusalCode.TooLarge, refusal!.Code);
        Assert.Matches(
            "^certificate too big for TLS: the chain takes 167[0-9]{5} bytes, at most 16777215 are possible; stream the image instead$",
            refusal.Text);
    }

    [Fact]
    public void A_key_of_another_certificate_makes_no_authority()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);

        Assert.False(SigningAuthority.TryCreate(pki.Root.Certificate, TestPki.NewKey(KeyType.Ed25519), out _, out Refusal? refusal));
        Assert.Equal("the key does not belong to the issuing certificate", refusal.Text);
        Assert.False(SigningAuthority.TryCreate(pki.Leaf(null, new Command.UnikernelInfo()), pki.LeafKey, out _, out refusal));
        Assert.Equal("the issuing certificate is not a CA certificate", refusal.Text);
    }

    private static async Task OpenSslAgreesAsync(TestPki pki, ParsedCertificate leaf)
    {
        OpenSsl.Require();
        using var directory = new TemporaryDirectory();
        directory.Write("ca.pem", Pem.Write([pki.Root.Certificate]));
        directory.Write("alpha.pem", Pem.Write([pki.Delegation.Certificate]));
        directory.Write("leaf.pem", Pem.Write([leaf]));
        directory.Write("server.pem", Pem.Write([pki.Server]));
        directory.Write("leaf.key", pki.LeafKey.ToPem());
        string at = Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal((0, "leaf.pem: OK\n"), await OpenSsl.RunAsync(
            directory.Path, "verify", "-x509_strict", "-attime", at, "-purpose", "sslclient", "-CAfile", "ca.pem", "-untrusted",
                "alpha.pem", "leaf.pem"));
        Assert.Equal((0, "server.pem: OK\n"), await OpenSsl.RunAsync(
            directory.Path, "verify", "-x509_strict", "-attime", at, "-purpose", "sslserver", "-verify_hostname", "alba.example.org",
                "-CAfile", "ca.pem", "server.pem"));
        (int status, string publicKey) = await OpenSsl.RunAsync(directory.Path, "pkey", "-in", "leaf.key", "-pubout");
        Assert.Equal((0, Pem.Write("PUBLIC KEY", leaf.PublicKey.SubjectPublicKeyInfo.Span)), (status, publicKey));
    }
}
