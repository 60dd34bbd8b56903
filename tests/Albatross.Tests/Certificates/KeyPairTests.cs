using System.Security.Cryptography;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Policy;

namespace Albatross.Tests.Certificates;

public sealed class KeyPairTests
{
    [Theory]
    [InlineData("Ed25519", "-algorithm ed25519")]
    [InlineData("P256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256")]
    [InlineData("P384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384")]
    [InlineData("P521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521")]
    [InlineData("Rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048")]
    public async Task A_key_made_by_openssl_is_read_and_written_in_the_form_that_openssl_reads(string algorithm, string options)
    {
        OpenSsl.Require();
        using var directory = new TemporaryDirectory();
        (_, string pem) = await OpenSsl.RunAsync(directory.Path, ["genpkey", .. options.Split(' ')]);
        const string End = "-----END PRIVATE KEY-----\n";
        string pkcs8 = pem[pem.IndexOf("-----BEGIN", StringComparison.Ordinal)..(pem.IndexOf(End, StringComparison.Ordinal) + End.Length)];

        Assert.True(KeyPair.TryReadPem(pkcs8, out KeyPair? key, out Refusal? refusal), refusal?.Text);
        Assert.Equal(algorithm, key.Algorithm.ToString());
        Assert.Equal(pkcs8, key.ToPem());
    }

    [Theory]
    [InlineData("ec", "ecparam -name prime256v1 -genkey")]
    [InlineData("rsa", "genrsa -traditional 2048")]
    public async Task The_traditional_forms_of_openssl_are_read(string form, string command)
    {
        OpenSsl.Require();
        using var directory = new TemporaryDirectory();
        (_, string pem) = await OpenSsl.RunAsync(directory.Path, command.Split(' '));

        Assert.Contains($"-----BEGIN {form.ToUpperInvariant()} PRIVATE KEY-----", pem, StringComparison.Ordinal);
        Assert.True(KeyPair.TryReadPem(pem, out _, out Refusal? refusal), refusal?.Text);
    }

    [Fact]
    public void PKCS_8_of_version_2_is_read_and_version_1_is_written()
    {
        KeyPair key = TestPki.NewKey(KeyType.Ed25519);
        byte[] v1 = key.ToPkcs8();
        byte[] v2 = [0x30, (byte)(v1[1] + 35), 2, 1, 1, .. v1[5..], 0x81, 0x21, 0, .. key.PublicKey.Bits.Span];

        Assert.True(KeyPair.TryReadPem(Pem.Write("PRIVATE KEY", v2), out KeyPair? read, out Refusal? refusal), refusal?.Text);
        Assert.Equal(v1, read.ToPkcs8());
    }

    [Theory]
    [InlineData("ENCRYPTED PRIVATE KEY", "3003020100", RefusalCode.UnsupportedKey)]
    [InlineData("PRIVATE KEY", "3003020100", RefusalCode.CertificateMalformed)]
    [InlineData("PRIVATE KEY", "302E020100300506032B657004220420", RefusalCode.CertificateMalformed)]
    [InlineData("CERTIFICATE", "3000", RefusalCode.CertificateMalformed)]
    public void What_is_no_key_is_refused(string label, string hex, RefusalCode code)
    {
        Assert.False(KeyPair.TryReadPem(Pem.Write(label, Convert.FromHexString(hex)), out _, out Refusal? refusal));
        Assert.Equal(code, refusal.Code);
    }

    [Fact]
    public void An_EC_number_of_zero_or_beyond_the_order_is_refused()
    {
        foreach (byte octet in (byte[])[0x00, 0xFF])
        {
            string number = string.Concat(Enumerable.Repeat(octet.ToString("X2", null), 32));
            byte[] der = Convert.FromHexString("3041020100301306072A8648CE3D020106082A8648CE3D030107042730250201010420" + number);
            Assert.False(KeyPair.TryReadPem(Pem.Write("PRIVATE KEY", der), out _, out Refusal? refusal));
            Assert.Equal("not a private key: an EC key whose number is out of range", refusal.Text);
        }
    }

    [Fact]
    public void A_new_RSA_key_is_one_that_the_platform_takes()
    {
        KeyPair key = TestPki.NewKey(KeyType.Rsa2048);
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(key.ToPkcs8(), out _);

        Assert.Equal(2048, rsa.KeySize);
        Assert.Equal(key.PublicKey.SubjectPublicKeyInfo.ToArray(), rsa.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void The_text_of_a_key_pair_holds_no_secret() => Assert.Equal("P256 key", TestPki.NewKey(KeyType.P256).ToString());
}
