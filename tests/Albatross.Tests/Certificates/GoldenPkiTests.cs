using System.Text.Json;
using Albatross.Certificates;
using Albatross.Certificates.Issuing;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Certificates;

public sealed class GoldenPkiTests
{
    public static TheoryData<string> KeyTypes => [.. GoldenPki.KeyTypes];

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void Every_leaf_of_the_original_validates_and_its_command_reads_and_encodes_back(string keyType)
    {
        ImmutableArray<ParsedCertificate> anchors = GoldenPki.Certificates($"{keyType}/cacert.pem");
        int leaves = 0;
        foreach ((string file, string extension) in Signed(keyType))
        {
            ImmutableArray<ParsedCertificate> presented = GoldenPki.Certificates($"{keyType}/{file}");
            Assert.Equal(extension, Convert.ToHexString(presented[0].Extensions.Albatross!.Value.Span), ignoreCase: true);
            if (presented[0].Extensions.IsCa)
            {
                continue;
            }

            bool isGood = ChainValidation.TryValidate(presented, anchors, GoldenPki.Now, ChainPurpose.Client, out VerifiedChain? chain,
                out Refusal? refusal);
            Assert.True(isGood, $"{file}: {refusal}");
            leaves++;
            if (Authorisation.TryRead(chain!, out Authorisation? authorisation, out refusal))
            {
                Assert.Equal(ExpectedName(file), authorisation.Name.ToString());
                Assert.Equal(chain!.Certificates.Length - 1, authorisation.Policies.Length);
                Assert.Equal(extension, Convert.ToHexString(ExtensionCodec.Encode(authorisation.Command)), ignoreCase: true);
            }
            else
            {
                Assert.Contains(file, (string[])["stats-add.pem", "stats-remove.pem", "policy-remove.pem"]);
                Assert.Equal(new Refusal(RefusalCode.UnexpectedCommand, "unexpected command"), refusal);
            }
        }

        Assert.Equal(keyType == "ed25519" ? 53 : 4, leaves);
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void The_policies_of_a_two_level_chain_come_from_the_root_down(string keyType)
    {
        Assert.True(ChainValidation.TryValidate(
            GoldenPki.Certificates($"{keyType}/beta-info.pem"),
            GoldenPki.Certificates($"{keyType}/cacert.pem"),
            GoldenPki.Now,
            ChainPurpose.Client,
            out VerifiedChain? chain,
            out _));
        Assert.True(Authorisation.TryRead(chain, out Authorisation? authorisation, out _));

        Assert.Equal("alpha:beta:beta-info", authorisation.Name.ToString());
        Assert.Equal(["alpha:", "alpha:beta:"], authorisation.Policies.Select(granted => granted.Path.ToString()));
        Assert.Equal([(10L, 512L, 50L), (4L, 128L, null)],
            authorisation.Policies.Select(granted => (granted.Policy.Unikernels, granted.Policy.MemoryMib, granted.Policy.BlockMib)));
        Assert.Equal(new Command.UnikernelInfo(), authorisation.Command);
        Assert.Equal(5, authorisation.Version);
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void The_servers_certificate_is_good_for_its_common_name_only(string keyType)
    {
        ImmutableArray<ParsedCertificate> presented = GoldenPki.Certificates($"{keyType}/server.pem");
        Assert.True(ChainValidation.TryValidate(
            presented, GoldenPki.Certificates($"{keyType}/cacert.pem"), GoldenPki.Now, ChainPurpose.Server, out VerifiedChain? chain,
                out _));
        Assert.True(ServerName.TryParse("server", out ServerName? name, out _));

        Assert.Null(name.Check(chain.Leaf, NameSource.CommonName));
        Assert.Equal(
            new Refusal(RefusalCode.ServerNameMismatch,
                "the server's certificate is for no name but the common name \"server\", not for server"),
            name.Check(chain.Leaf, NameSource.SubjectAlternativeName));
    }

    [Fact]
    public void The_servers_certificate_is_no_client_certificate()
    {
        Assert.False(ChainValidation.TryValidate(
            GoldenPki.Certificates("ed25519/server.pem"), GoldenPki.Certificates("ed25519/cacert.pem"), GoldenPki.Now,
                ChainPurpose.Client, out _, out Refusal? refusal));
        Assert.Equal("the leaf certificate \"server\" is not for a client (extended key usage)", refusal.Text);
    }

    [Fact]
    public void Every_key_of_the_original_reads_and_belongs_to_its_certificate()
    {
        string[] files = [.. GoldenPki.KeyTypes.Append("extra").SelectMany(dir => Directory.GetFiles(GoldenPki.PathOf(dir), "*.key"))];
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            KeyPair key = GoldenPki.Key(file);
            string certificate = Path.ChangeExtension(file, Path.GetFileName(file) == "vec.key" ? null : ".pem")
                .Replace(Path.DirectorySeparatorChar + "vec", Path.DirectorySeparatorChar + "cacert.pem", StringComparison.Ordinal);
            if (File.Exists(certificate))
            {
                Assert.True(GoldenPki.Certificates(certificate)[0].PublicKey.IsSameAs(key.PublicKey), file);
            }

            Assert.True(KeyPair.TryReadPem(key.ToPem(), out KeyPair? again, out _));
            Assert.Equal(key.ToPkcs8(), again.ToPkcs8());
        }
    }

    [Fact]
    public void An_Ed25519_key_is_written_byte_for_byte_as_the_original_writes_it()
    {
        Assert.Equal(GoldenPki.Text("ed25519/vec.key").TrimEnd(), GoldenPki.Key("ed25519/vec.key").ToPem().TrimEnd());
    }

    [Theory]
    [MemberData(nameof(KeyTypes))]
    public void Every_signing_request_of_the_original_reads(string keyType)
    {
        foreach (string file in Directory.GetFiles(GoldenPki.PathOf(keyType), "*.req"))
        {
            Assert.True(SigningRequest.TryParse(GoldenPki.Der(file), out SigningRequest? request, out Refusal? refusal),
                $"{file}: {refusal}");
            Assert.Equal(GoldenPki.Key(Path.ChangeExtension(file, ".key")).PublicKey.SubjectPublicKeyInfo,
                request.PublicKey.SubjectPublicKeyInfo);

            ParsedCertificate certificate = GoldenPki.Certificates(Path.ChangeExtension(file, ".pem"))[0];
            Assert.Equal(certificate.CommonName, request.CommonName);
            Assert.Equal(certificate.Extensions.Albatross!.Value.ToArray(), ExtensionCodec.Encode(request.Command));
        }
    }

    private static IEnumerable<(string File, string Extension)> Signed(string keyType)
    {
        foreach (string line in File.ReadLines(GoldenPki.PathOf($"{keyType}/manifest.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("extension", out JsonElement extension) && extension.ValueKind == JsonValueKind.String)
            {
                yield return (json.RootElement.GetProperty("file").GetString()!, extension.GetString()!);
            }
        }
    }

    // The label is the file's name; the path says who signed it.
    private static string ExpectedName(string file)
    {
        string label = Path.GetFileNameWithoutExtension(file);
        string path = label.Split('-')[0] switch
        {
            "beta" => "alpha:beta:",
            "gamma" => "gamma:",
            "root" => ":",
            _ => "alpha:",
        };
        return path + label;
    }
}
