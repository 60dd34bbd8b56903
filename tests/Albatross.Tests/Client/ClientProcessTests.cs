using System.Text.Json.Nodes;
using Albatross.Tests.Certificates;

namespace Albatross.Tests.Client;

/// <summary>The client as people and scripts run it: what it reads, prints, writes and returns.</summary>
public sealed class ClientProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Inspect_tells_by_its_status_what_became_of_the_file()
    {
        string golden = GoldenFiles.PathOf("");
        string root = Path.Combine(golden, "pki/ed25519/cacert.pem");
        string extra = Path.Combine(golden, "pki/extra");
        File.WriteAllBytes(Path.Combine(_directory.Path, "cut"), [0x30, 0x1a, 0x30]);
        File.WriteAllBytes(Path.Combine(_directory.Path, "newer"), Convert.FromHexString("301a3010020105040800000000000000000c013aa006a304b8020500"));

        Assert.Equal((0, ""), await StatusAsync("inspect", Path.Combine(golden, "state-dump.tls"), root, Path.Combine(extra, "upper-cn.pem")));
        Assert.Equal((116, "the leaf certificate \"x\" expired on 2026-11-18 14:41:45Z"),
            await StatusAsync("inspect", "--ca", root, Path.Combine(extra, "bad-expired.pem")));
        Assert.Equal((121, "the bytes end before the end of an element"), await StatusAsync("inspect", "--kind", "wire", "cut"));
        Assert.Equal((121, "unikernel command [24] is not known to protocol version 5 as of Albatross 2.7: a newer peer wrote it"),
            await StatusAsync("inspect", "newer"));
        Assert.Equal(124, (await StatusAsync("inspect", "missing")).Status);
        Assert.Equal(124, (await StatusAsync("inspect", "--hex", "cut")).Status);
        Assert.Equal(124, (await StatusAsync("inspect", "--kind", "nonsense", "cut")).Status);
        using (var huge = new FileStream(Path.Combine(_directory.Path, "huge"), FileMode.CreateNew))
        {
            huge.SetLength((512L << 20) + 1);
        }

        Assert.Equal((124, "huge has more than 536870912 bytes"), await StatusAsync("inspect", "huge"));
    }

    [Fact]
    public async Task Inspect_answers_lines_of_standard_input()
    {
        const string Lines = "3009020105a304b3020500\nxx\n3009020105A304B3020500";

        (int status, string output, _) = await RunAsync(Lines, "inspect", "--kind", "extension", "--hex", "-");

        const string Info = """{"ok":true,"value":{"version":5,"command":{"unikernel":{"info":null}}},"der":"3009020105a304b3020500"}""";
        Assert.Equal(
            $$"""
            {{Info}}
            {"ok":false,"error":"a character that is no hexadecimal digit, after 0 digits","code":"malformed"}
            {{Info}}

            """,
            output);
        Assert.Equal(0, status);
    }

    [Fact]
    public async Task Inspect_prints_one_JSON_document_a_file()
    {
        (_, string output, string errors) =
            await RunAsync("", "inspect", "--output", "json", GoldenFiles.PathOf("state-dump.mixed"), GoldenFiles.PathOf("wire.jsonl"));

        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal((true, "state"), ((bool)JsonNode.Parse(lines[0])!["ok"]!, (string?)JsonNode.Parse(lines[0])!["kind"]));
        Assert.Equal((false, "malformed"), ((bool)JsonNode.Parse(lines[1])!["ok"]!, (string?)JsonNode.Parse(lines[1])!["code"]));
        Assert.Equal(2, lines.Length);
        Assert.Contains("it begins like no message", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_is_signed_with_a_line_in_the_DB()
    {
        foreach (string file in (string[])["cacert.pem", "vec.key", "alpha.req", "beta.req", "alpha.key", "info-named.req"])
        {
            File.Copy(GoldenPki.PathOf($"ed25519/{file}"), Path.Combine(_directory.Path, file));
        }

        Assert.Equal(
            "signing certificate with subject /CN=alpha\n"
            + "signing policy add policy: 10 unikernels 0,1 CPUids 512 MB memory 50 MB block, bridges: br1, service\n",
            (await RunAsync("", "sign", "cacert.pem", "db", "vec.key", "alpha.req", "--days=3650")).Output);
        Assert.Equal("signing certificate with subject /CN=beta\nsigning policy add policy: 4 unikernels 1 CPUids 128 MB memory no block, bridges: service\n",
            (await RunAsync("", "sign", "alpha.pem", "db", "alpha.key", "beta.req")).Output);
        Assert.Equal("signing certificate with subject /CN=info-named\nsigning unikernel info\n",
            (await RunAsync("", "sign", "alpha.pem", "db", "alpha.key", "info-named.req")).Output);

        string[] files = ["alpha.pem", "beta.pem", "info-named.pem"];
        string[] expected = [.. files.Select(file => GoldenPki.Certificates(Path.Combine(_directory.Path, file))[0])
            .Select(certificate => $"{Convert.ToHexStringLower(certificate.SerialNumber.Span)} {certificate.CommonName}")];
        Assert.Equal(expected, File.ReadAllLines(Path.Combine(_directory.Path, "db")));
        Assert.Equal([1, 2, 2], files.Select(file => GoldenPki.Certificates(Path.Combine(_directory.Path, file)).Length));
    }

    // The status, and what was complained apart from who complains.
    private async Task<(int Status, string Sentence)> StatusAsync(params string[] arguments)
    {
        (int status, _, string errors) = await RunAsync("", arguments);
        string sentence = errors.TrimEnd('\n').Replace("albatross-client: [ERROR] ", "", StringComparison.Ordinal);
        string file = arguments[^1] + ": ";
        return (status, sentence.StartsWith(file, StringComparison.Ordinal) ? sentence[file.Length..] : sentence);
    }

    private Task<(int Status, string Output, string Errors)> RunAsync(string input, params string[] arguments) =>
        ClientProcess.RunAsync(_directory.Path, input, arguments);
}
