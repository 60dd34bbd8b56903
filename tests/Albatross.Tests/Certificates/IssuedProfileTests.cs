using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text.Json;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Certificates;

/// <summary>
/// What we sign from the original's own requests, with its keys and validity, is what it signed: every field and extension byte for byte,
/// but for serial number and signature, the shortest form of the key usage, the server's SubjectAltName, and the root's
/// SubjectKeyIdentifier (docs/deviations.md).
/// </summary>
public sealed class IssuedProfileTests(ITestOutputHelper output)
{
    private const string KeyUsage = "2.5.29.15";
    private const string SubjectKeyIdentifier = "2.5.29.14";

    // The original signs these, and no server accepts them.
    private static readonly string[] NotSigned = ["stats-add.pem", "stats-remove.pem", "policy-remove.pem"];

    public static TheoryData<string> KeyTypes => [.. GoldenPki.KeyTypes];

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void What_is_signed_from_a_request_of_the_original_is_what_it_signed(string keyType)
    {
        int equal = 0, refused = 0;
        foreach ((string file, string authority, string key) in Signed(keyType))
        {
            ParsedCertificate theirs = GoldenPki.Certificates($"{keyType}/{file}")[0];
            bool isSigned = TrySign(
                keyType, authority, key, Path.ChangeExtension(file, ".req"), theirs, out ParsedCertificate? ours, out Refusal? refusal);
            if (NotSigned.Contains(file))
            {
                Assert.False(isSigned, file);
                refused++;
                continue;
            }

            Assert.True(isSigned, $"{file}: {refusal}");
            AssertSame($"{keyType}/{file}", theirs, ours!);
            equal++;
        }

        output.WriteLine($"{keyType}: {equal} signed certificates equal, {refused} not signed on purpose");
        Assert.Equal(keyType == "ed25519" ? (53, 3) : (7, 0), (equal, refused));
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public async Task The_openssl_command_reads_verifies_and_prints_everything_that_is_signed(string keyType)
    {
        OpenSsl.Require();
        using var directory = new TemporaryDirectory();
        directory.Write("ca.pem", GoldenPki.Text($"{keyType}/cacert.pem"));
        directory.Write("between.pem", string.Concat(((string[])["alpha", "beta", "gamma"]).Select(name => GoldenPki.Text($"{keyType}/{name}.pem"))));
        var files = new List<string>();
        foreach ((string file, string authority, string key) in Signed(keyType).Where(row => !NotSigned.Contains(row.File)))
        {
            ParsedCertificate theirs = GoldenPki.Certificates($"{keyType}/{file}")[0];
            Assert.True(TrySign(keyType, authority, key, Path.ChangeExtension(file, ".req"), theirs, out ParsedCertificate? ours, out _));
            directory.Write(file, Pem.Write([ours!]));
            files.Add(file);
        }

        string at = GoldenPki.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        (int status, string verified) = await OpenSsl.RunAsync(
            directory.Path, ["verify", "-attime", at, "-CAfile", "ca.pem", "-untrusted", "between.pem", .. files]);
        Assert.Equal((0, string.Concat(files.Select(file => $"{file}: OK\n"))), (status, verified));
        foreach (string file in files)
        {
            (status, string printed) = await OpenSsl.RunAsync(directory.Path, "x509", "-in", file, "-noout", "-text");
            Assert.True(status == 0 && printed.Contains("1.3.6.1.4.1.49836.42:", StringComparison.Ordinal), $"{file}: {printed}");
        }

        output.WriteLine($"{keyType}: openssl verified and printed {files.Count} certificates");
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void A_root_and_a_servers_certificate_are_those_of_the_original(string keyType)
    {
        ParsedCertificate root = GoldenPki.Certificates($"{keyType}/cacert.pem")[0];
        ParsedCertificate server = GoldenPki.Certificates($"{keyType}/server.pem")[0];
        KeyPair key = GoldenPki.Key($"{keyType}/vec.key");

        AssertSame("root", root, CertificateIssuer.Root("vec", key, ValidityOf(root), RandomNumberGenerator.Fill), SubjectKeyIdentifier);
        AssertSame("server", server, CertificateIssuer.Server(
            Authority(keyType, "cacert.pem", "vec.key"), "server", [], server.PublicKey, ValidityOf(server), RandomNumberGenerator.Fill));
    }

    [Fact]
    public void The_leaf_of_a_command_that_is_sent_at_once_is_that_of_the_original()
    {
        string text = GoldenPki.Text("dash/output.txt");
        Assert.True(Pem.TryReadCertificates(text, out ImmutableArray<ParsedCertificate> certificates, out Refusal? refusal), refusal?.Text);
        int leaves = 0;
        foreach (ParsedCertificate theirs in certificates.Where(certificate => !certificate.Extensions.IsCa))
        {
            Assert.True(ExtensionCodec.TryDecode(theirs.Extensions.Albatross!.Value, out Command? command, out _));
            SigningAuthority authority = Authority("ed25519", "alpha.pem", "alpha.key");
            Label? label = theirs.CommonName == "." ? null : TestPki.LabelOf(theirs.CommonName!);
            Validity validity = Validity.From(theirs.NotBefore + Validity.Backdating, Validity.OfOneCommand);

            AssertSame(theirs.CommonName!, theirs,
                CertificateIssuer.Leaf(authority, label, command, theirs.PublicKey, validity, RandomNumberGenerator.Fill));
            leaves++;
        }

        output.WriteLine($"dash: {leaves} leaves equal, five minutes of validity included");
        Assert.True(leaves > 0);
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void A_request_of_ours_is_that_of_the_original(string keyType)
    {
        int whole = 0, signedPart = 0;
        foreach (string file in Directory.GetFiles(GoldenPki.PathOf(keyType), "*.req"))
        {
            byte[] theirs = GoldenPki.Der(file);
            Assert.True(SigningRequest.TryParse(theirs, out SigningRequest? request, out Refusal? refusal), $"{file}: {refusal}");
            byte[] ours = SigningRequest.Create(GoldenPki.Key(Path.ChangeExtension(file, ".key")), request.CommonName!, request.Command);

            Assert.Equal(SignedPart(theirs), SignedPart(ours));
            signedPart++;
            whole += theirs.AsSpan().SequenceEqual(ours) ? 1 : 0;
        }

        output.WriteLine($"{keyType}: {signedPart} requests equal but for the signature, {whole} with it");
        Assert.Equal(keyType == "ed25519" ? signedPart : whole, whole);
    }

    [Fact]
    public void What_exceeds_the_policy_of_the_signing_CA_is_not_signed()
    {
        (KeyPair leafKey, SigningAuthority alpha) = (GoldenPki.Key("ed25519/info-named.key"), Authority("ed25519", "alpha.pem", "alpha.key"));
        SigningRequest create = RequestOf(leafKey, GoldenPki.Der("ed25519/create-defaults.req"));
        var settings = ((Command.UnikernelCreate)create.Command).Config;

        // The sentences are those of the manifest (toobig, cpu9) and of the semantics, section 4.
        AssertRefused("policy above allows 10 unikernels, which is fewer than 20",
            new Command.PolicyAdd(new(20, new([0]), 512, null, default)));
        AssertRefused("the CPUids 9 requested by the unikernel are not allowed by policy", With(settings.Settings with { CpuIds = new([0, 9]) }));
        AssertRefused("513 MB memory assigned to unikernel exceeds policy (512MB)", With(settings.Settings with { MemoryMib = 513 }));
        AssertRefused("Bridge(s) lan not allowed by policy (available: br1, service)",
            With(settings.Settings with { Nets = [new(RawText.Of("a"), RawText.Of("lan"), null)] }));
        AssertRefused("513 MB memory assigned to unikernel exceeds policy (512MB)",
            new Command.UnikernelRestart(settings.Settings with { MemoryMib = 513 }));

        Command With(UnikernelSettings changed) =>
            new Command.UnikernelCreate(settings with { Settings = changed }, OnConflict.Refuse);

        void AssertRefused(string sentence, Command command)
        {
            SigningRequest request = RequestOf(leafKey, SigningRequest.Create(leafKey, "x", command));
            Assert.False(CertificateIssuer.TrySign(
                alpha, request, Validity.From(GoldenPki.Now, Validity.OfSignedCommand), RandomNumberGenerator.Fill, out _, out Refusal? refusal));
            Assert.Equal(sentence, refusal.Text);
        }
    }

    private static SigningRequest RequestOf(KeyPair key, byte[] der)
    {
        Assert.True(SigningRequest.TryParse(der, out SigningRequest? request, out Refusal? refusal), refusal?.Text);
        Assert.NotNull(key);
        return request;
    }

    private static bool TrySign(
        string keyType, string authority, string key, string request, ParsedCertificate theirs,
        out ParsedCertificate? ours, out Refusal? refusal)
    {
        Assert.True(SigningRequest.TryParse(GoldenPki.Der($"{keyType}/{request}"), out SigningRequest? asked, out refusal), $"{request}: {refusal}");
        return CertificateIssuer.TrySign(
            Authority(keyType, authority, key), asked, ValidityOf(theirs), RandomNumberGenerator.Fill, out ours, out refusal);
    }

    private static SigningAuthority Authority(string keyType, string certificate, string key)
    {
        Assert.True(SigningAuthority.TryCreate(
            GoldenPki.Certificates($"{keyType}/{certificate}")[0], GoldenPki.Key($"{keyType}/{key}"), out SigningAuthority? authority,
            out Refusal? refusal), refusal?.Text);
        return authority;
    }

    private static Validity ValidityOf(ParsedCertificate certificate) => new(certificate.NotBefore, certificate.NotAfter);

    private static void AssertSame(string file, ParsedCertificate theirs, ParsedCertificate ours, string? onlyOurs = null)
    {
        (string[] theirFields, SortedDictionary<string, (bool Critical, string Value)> theirExtensions) = Parts(theirs);
        (string[] ourFields, SortedDictionary<string, (bool Critical, string Value)> ourExtensions) = Parts(ours);
        Assert.Equal((file, string.Join('\n', theirFields)), (file, string.Join('\n', ourFields)));
        Assert.Equal(
            (file, string.Join(' ', theirExtensions.Keys)), (file, string.Join(' ', ourExtensions.Keys.Where(oid => oid != onlyOurs))));
        foreach ((string oid, (bool isCritical, string value)) in theirExtensions)
        {
            Assert.Equal((file, oid, isCritical), (file, oid, ourExtensions[oid].Critical));
            if (oid != KeyUsage)
            {
                Assert.Equal((file, oid, value), (file, oid, ourExtensions[oid].Value));
            }
        }

        // 03 03 07 C6 00 there, 03 02 01 C6 here: the same bits, X.690 11.2.2 leaves trailing zeros out.
        Assert.Equal((file, theirs.Extensions.KeyUsage), (file, ours.Extensions.KeyUsage));
    }

    // TBSCertificate: version, (serial,) signature, issuer, validity, subject, subjectPublicKeyInfo; extensions by identifier.
    private static (string[] Fields, SortedDictionary<string, (bool Critical, string Value)> Extensions) Parts(ParsedCertificate certificate)
    {
        AsnReader fields = new AsnReader(SignedPart(certificate.Raw), AsnEncodingRules.DER).ReadSequence();
        string version = Hex(fields.ReadEncodedValue());
        fields.ReadEncodedValue();
        string[] rest = [version, .. Enumerable.Range(0, 5).Select(_ => Hex(fields.ReadEncodedValue()))];
        AsnReader list = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3)).ReadSequence();
        var extensions = new SortedDictionary<string, (bool, string)>(StringComparer.Ordinal);
        while (list.HasData)
        {
            AsnReader extension = list.ReadSequence();
            string oid = extension.ReadObjectIdentifier();
            bool isCritical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            extensions.Add(oid, (isCritical, Hex(extension.ReadOctetString())));
        }

        return (rest, extensions);
    }

    private static byte[] SignedPart(ReadOnlyMemory<byte> signed) =>
        new AsnReader(signed, AsnEncodingRules.DER).ReadSequence().ReadEncodedValue().ToArray();

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    // "albatross-client sign CACERT DB KEY CSR …" of the rows that made a file; beta-only.pem is the first certificate of beta.pem.
    private static IEnumerable<(string File, string Authority, string Key)> Signed(string keyType)
    {
        foreach (string line in File.ReadLines(GoldenPki.PathOf($"{keyType}/manifest.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("file", out JsonElement file))
            {
                string[] words = json.RootElement.GetProperty("cmd").GetString()!.Split(' ');
                yield return (file.GetString()!, words[2].Replace("-only", "", StringComparison.Ordinal), words[4]);
            }
        }
    }
}
