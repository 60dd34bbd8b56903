using System.Security.Cryptography;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Validity = Albatross.Certificates.Issuing.Validity;

namespace Albatross.Tests.Certificates;

public sealed class SigningRequestTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Validity OneDay = Validity.From(Now, Validity.OfSignedCommand);

    [Theory]
    [InlineData(KeyType.Ed25519)]
    [InlineData(KeyType.P256)]
    [InlineData(KeyType.P384)]
    [InlineData(KeyType.P521)]
    [InlineData(KeyType.Rsa2048)]
    public async Task A_request_for_a_command_is_signed_as_a_leaf_and_openssl_verifies_it(KeyType type)
    {
        var pki = new TestPki(type, Now);
        byte[] der = SigningRequest.Create(pki.LeafKey, "Hello", new Command.UnikernelInfo());

        Assert.True(SigningRequest.TryParse(der, out SigningRequest? request, out Refusal? refusal), refusal?.Text);
        Assert.True(CertificateIssuer.TrySign(pki.Delegation, request, OneDay, RandomNumberGenerator.Fill, out ParsedCertificate? leaf,
            out refusal));
        Assert.True(ChainValidation.TryValidate(
            [leaf, pki.Delegation.Certificate], [pki.Root.Certificate], Now, ChainPurpose.Client, out VerifiedChain? chain, out _));
        Assert.True(Authorisation.TryRead(chain, out Authorisation? authorisation, out _));
        Assert.Equal(("alpha:hello", new Command.UnikernelInfo()), (authorisation.Name.ToString(), authorisation.Command));
        OpenSsl.Require();
        using var directory = new TemporaryDirectory();
        directory.Write("x.req", Pem.Write("CERTIFICATE REQUEST", der));
        (int status, string output) = await OpenSsl.RunAsync(directory.Path, "req", "-in", "x.req", "-verify", "-noout");
        Assert.Equal(0, status);
        Assert.Contains("verify OK", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_for_a_policy_is_signed_as_a_delegation()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        var policy = new ResourcePolicy(1, new([1]), 64, null, default);
        SigningRequest request = Read(SigningRequest.Create(pki.LeafKey, "beta", new Command.PolicyAdd(policy)));

        Assert.True(
            CertificateIssuer.TrySign(pki.Delegation, request, OneDay, RandomNumberGenerator.Fill, out ParsedCertificate? beta, out _));
        Assert.True(SigningAuthority.TryCreate(beta, pki.LeafKey, out _, out _));
    }

    [Fact]
    public void A_request_made_by_BouncyCastle_with_more_extensions_gives_a_certificate_with_our_profile_only()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        var extensions = new X509ExtensionsGenerator();
        extensions.AddExtension(X509Extensions.BasicConstraints, true, new BasicConstraints(true));
        extensions.AddExtension(X509Extensions.KeyUsage, true, new KeyUsage(KeyUsage.KeyCertSign));
        extensions.AddExtension(new DerObjectIdentifier(RawCertificate.AlbatrossOid), false, RawCertificate.InfoCommand);
        var attribute = new AttributePkcs(PkcsObjectIdentifiers.Pkcs9AtExtensionRequest, new DerSet(extensions.Generate()));
        byte[] der = new Pkcs10CertificationRequest(
            "Ed25519",
            new X509Name("O=evil,CN=x"),
            PublicKeyFactory.CreateKey(pki.LeafKey.PublicKey.SubjectPublicKeyInfo.ToArray()),
            new DerSet(attribute),
            PrivateKeyFactory.CreateKey(pki.LeafKey.ToPkcs8())).GetDerEncoded();

        Assert.True(
            CertificateIssuer.TrySign(pki.Delegation, Read(der), OneDay, RandomNumberGenerator.Fill, out ParsedCertificate? leaf, out _));
        Assert.False(leaf.Extensions.IsCa);
        Assert.Equal(KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment, leaf.Extensions.KeyUsage);
        Assert.Equal(pki.Leaf(null, new Command.UnikernelInfo()).Subject.Length, leaf.Subject.Length);
    }

    [Theory]
    [InlineData("-x", RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("a:b", RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    public void A_name_that_no_server_would_accept_is_not_signed(string name, RefusalCode code, string text)
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        SigningRequest request = Read(SigningRequest.Create(pki.LeafKey, name, new Command.UnikernelInfo()));

        Assert.False(CertificateIssuer.TrySign(pki.Delegation, request, OneDay, RandomNumberGenerator.Fill, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(code, text), refusal);
    }

    [Fact]
    public void A_command_that_may_not_stand_in_a_leaf_is_not_signed()
    {
        var pki = new TestPki(KeyType.Ed25519, Now);
        SigningRequest request = Read(SigningRequest.Create(pki.LeafKey, "x", new Command.PolicyRemove()));

        Assert.False(CertificateIssuer.TrySign(pki.Delegation, request, OneDay, RandomNumberGenerator.Fill, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.UnexpectedCommand, "unexpected command"), refusal);
    }

    [Theory]
    [InlineData("300606022A030500", RefusalCode.CertificateMalformed)]          // values that are no SET
    [InlineData("300406022A03", RefusalCode.CertificateMalformed)]              // no values
    [InlineData("300606022A033100", RefusalCode.CertificateMalformed)]          // an empty SET
    [InlineData("300806022A0331020500", RefusalCode.CertificateRefused)]        // well-formed: only the signature is wrong then
    public void An_attribute_that_does_not_count_must_be_well_formed_too(string attribute, RefusalCode code)
    {
        KeyPair key = TestPki.NewKey(KeyType.Ed25519);
        Asn1Sequence whole = Asn1Sequence.GetInstance(SigningRequest.Create(key, "x", new Command.UnikernelInfo()));
        Asn1Encodable[] body = [.. Asn1Sequence.GetInstance(whole[0]).Cast<Asn1Encodable>()];
        Asn1Set attributes = Asn1Set.GetInstance(Asn1TaggedObject.GetInstance(body[3]), false);
        Asn1Encodable[] all = [.. attributes.Cast<Asn1Encodable>(), Asn1Object.FromByteArray(Convert.FromHexString(attribute))];
        Asn1Encodable[] fields = [.. body[..3], new DerTaggedObject(false, 0, new DerSet(all))];
        var changed = new DerSequence(fields);

        Assert.False(SigningRequest.TryParse(new DerSequence(changed, whole[1], whole[2]).GetDerEncoded(), out _, out Refusal? refusal));
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public void A_request_signed_with_another_key_is_refused()
    {
        byte[] der = SigningRequest.Create(TestPki.NewKey(KeyType.Ed25519), "x", new Command.UnikernelInfo());
        der[^1] ^= 1;

        Assert.False(SigningRequest.TryParse(der, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.CertificateRefused, "the signing request is not signed with its own key"), refusal);
    }

    private static SigningRequest Read(byte[] der) =>
        SigningRequest.TryParse(der, out SigningRequest? request, out Refusal? refusal) ? request
            : throw new InvalidOperationException(refusal.Text);
}
