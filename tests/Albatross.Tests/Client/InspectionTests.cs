using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Albatross.Certificates;
using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Client.Inspection;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Tests.Certificates;

namespace Albatross.Tests.Client;

public sealed class InspectionTests
{
    private const string Secret = "--key=hunter2";
    private static readonly Header Asked = new(0, NameOf(":hello"));

    [Fact]
    public void An_image_and_boot_arguments_are_summarised_unless_asked_for()
    {
        byte[] image = [.. Enumerable.Range(0, 65).Select(at => (byte)at)];
        byte[] der = WireCodec.Encode(new Wire.Request(Asked, Create(image)));

        JsonNode summary = Json(der)["values"]![0]!["payload"]!["command"]!["unikernel"]!["create"]!;
        JsonNode all = Json(der, Disclosure.Everything)["values"]![0]!["payload"]!["command"]!["unikernel"]!["create"]!;

        // sha256sum of the bytes 0 to 64, and of the argument and a zero byte
        Assert.Equal("""{"size":65,"sha256":"4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781"}""",
            summary["image"]!.ToJsonString());
        Assert.Equal("""{"count":1,"size":13,"sha256":"384bb444d923d5d432f5d057005e1f63617b25df9efed00479f0d47b074b32cc"}""",
            summary["arguments"]!.ToJsonString());
        Assert.Equal(Convert.ToHexStringLower(image), (string?)all["image"]);
        Assert.Equal(Secret, (string?)all["arguments"]![0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_notation_shows_a_secret_unasked(bool inACertificate)
    {
        Command create = Create(new byte[100]);
        byte[] bytes = inACertificate
            ? Encoding.ASCII.GetBytes(Pem.Write([new TestPki(KeyType.P256, DateTimeOffset.UtcNow).Leaf(null, create)]))
            : WireCodec.EncodeFramed(new Wire.Request(Asked, create));

        Assert.DoesNotContain("hunter2", Json(bytes).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Text(bytes), StringComparison.Ordinal);
        Assert.Contains("hunter2", Json(bytes, Disclosure.Everything).ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("hunter2", Text(bytes, Disclosure.Everything), StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_image_is_dumped_in_pieces_that_join()
    {
        byte[] image = new byte[100_000];
        new Random(1).NextBytes(image);
        byte[] der = WireCodec.Encode(new Wire.Request(Asked, Create(image)));

        JsonNode json = Json(der, Disclosure.Everything);

        Assert.Equal(
            Convert.ToHexStringLower(image), (string?)json["values"]![0]!["payload"]!["command"]!["unikernel"]!["create"]!["image"]);
        Assert.Contains($"image: {Convert.ToHexStringLower(image)}\n", Text(der, Disclosure.Everything), StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_are_shown_one_by_one_up_to_the_first_that_is_bad()
    {
        byte[] good = WireCodec.EncodeFramed(new Wire.Answer(Asked, Reply.Success.Of("\u001b[2J\"")));
        byte[] bytes = [.. good, .. good, 0, 0, 0, 2, 0x30, 0x80];

        FileInspection inspection = Inspect(bytes, out string text);

        Assert.Equal(
            """
            file: "x"
            kind: wire
            values:
              - header:
                  version: 5
                  sequence: 0
                  name: :hello
                payload:
                  success:
                    string: "\027[2J\""
              - header:
                  version: 5
                  sequence: 0
                  name: :hello
                payload:
                  success:
                    string: "\027[2J\""

            """,
            text);
        Assert.Equal(new Refusal(RefusalCode.Malformed, "frame 3: indefinite length"), inspection.Refusal);
    }

    [Theory]
    [InlineData("", "there is nothing in it")]
    [InlineData("23", "it begins like no message, extension, state, certificate or signing request: --kind says what it should be")]
    [InlineData("a606300430003000" + "00", "trailing bytes: nothing expected, not tag 0x00")]
    [InlineData("00000003" + "3080", "the bytes end within a frame", "frame 1: ")]
    [InlineData("00000001" + "30", "the bytes end before a length", "frame 1: ")]
    [InlineData("30820100", "it begins like no message, extension, state, certificate or signing request: --kind says what it should be")]
    [InlineData("3009020104a304b3020500", "unknown version number 0x4")]
    [InlineData("300b3009a003020102020101300030003000", "not a certificate: ", "")]
    public void What_cannot_be_read_has_one_clear_sentence(string hex, string sentence, string before = "")
    {
        FileInspection inspection = Inspect(Convert.FromHexString(hex), out _);

        Assert.StartsWith(before + sentence, inspection.Refusal!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_of_a_newer_peer_is_refused_with_its_header()
    {
        byte[] der = Convert.FromHexString("301a3010020105040800000000000000000c013aa006a304b8020500");

        FileInspection inspection = Inspect(der, out string text);

        Assert.EndsWith("values:\n  - header:\n      version: 5\n      sequence: 0\n      name: :\n", text, StringComparison.Ordinal);
        Assert.Equal(RefusalCode.UnknownTag, inspection.Refusal!.Code);
        Assert.Contains("protocol version 5", inspection.Refusal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ed25519/beta-info.pem", null, "alpha:beta:beta-info")]
    [InlineData("ed25519/server.pem", null, null)]
    [InlineData("extra/bad-noext.pem", "leaf certificate does not contain an albatross extension", null)]
    [InlineData("extra/bad-expired.pem", "the leaf certificate \"x\" expired on 2026-11-18 14:41:45Z", null)]
    public void A_chain_is_judged_when_there_is_a_CA(string file, string? sentence, string? name)
    {
        byte[] pem = File.ReadAllBytes(GoldenPki.PathOf(file));
        ImmutableArray<ParsedCertificate> anchors = GoldenPki.Certificates("ed25519/cacert.pem");

        JsonNode json = Json(pem, anchors: anchors);

        Assert.Equal(sentence is null, (bool)json["verdict"]!["good"]!);
        Assert.Equal(sentence, (string?)json["verdict"]!["error"]);
        Assert.Equal(name, (string?)json["verdict"]!["name"]);
    }

    [Fact]
    public void A_certificate_in_DER_and_a_request_are_described_too()
    {
        JsonNode certificate = Json(GoldenPki.Der("ed25519/info-named.pem"))["values"]![0]!;
        JsonNode request = Json(GoldenPki.Der("ed25519/info-named.req"))["values"]![0]!;

        Assert.Equal(("info-named", "CN=alpha", "00e931a0dc409c487bbf59"),
            ((string?)certificate["common-name"], (string?)certificate["issuer"], (string?)certificate["serial"]));
        Assert.Equal("""["digital-signature","key-encipherment"]""", certificate["key-usage"]!.ToJsonString());
        Assert.Equal("""{"version":5,"command":{"unikernel":{"info":null}}}""", certificate["extension"]!.ToJsonString());
        Assert.Equal("""{"common-name":"info-named","key":"ed25519","extension":{"version":5,"command":{"unikernel":{"info":null}}}}""",
            request.ToJsonString());
    }

    [Fact]
    public void A_broken_extension_does_not_hide_its_certificate()
    {
        JsonNode certificate = Json(File.ReadAllBytes(GoldenPki.PathOf("extra/bad-v4.pem")))["values"]![0]!;

        Assert.Equal("""{"error":"unknown version number 0x4","code":"unsupported-version"}""", certificate["extension"]!.ToJsonString());
    }

    [Theory]
    [InlineData("00", "00")]
    [InlineData("aB Cd\r", "abcd")]
    [InlineData("abc", "an odd number of hexadecimal digits (3)")]
    [InlineData("0g", "a character that is no hexadecimal digit, after 1 digits")]
    [InlineData("0102030405", "a line of more than 4 bytes")]
    [InlineData("01020304", "01020304")]
    [InlineData("", "")]
    public void A_line_is_hexadecimal_digits_within_its_limit_in_any_pieces(string line, string expected)
    {
        var lines = new HexLines(limitBytes: 4);
        foreach (string text in (string[])["ffff", line, "01"])
        {
            foreach (char character in text + "\n")
            {
                int at = 0;
                Assert.Equal(character == '\n', lines.Take([(byte)character], ref at));
            }

            (ReadOnlyMemory<byte> bytes, Refusal? refusal) = lines.Value;
            Assert.Equal(text == line ? expected : text, refusal?.Text ?? Convert.ToHexStringLower(bytes.Span));
            lines.Clear();
        }
    }

    [Fact]
    public void A_private_key_is_not_shown()
    {
        FileInspection inspection = Inspect(File.ReadAllBytes(GoldenPki.PathOf("ed25519/vec.key")), out string text);

        Assert.Equal("the text holds no certificate in PEM form", inspection.Refusal!.Text);
        Assert.Equal("file: \"x\"\nkind: certificate\n", text);
    }

    [Fact]
    public void A_frame_that_announces_more_than_the_limit_is_refused_before_it_is_read()
    {
        byte[] bytes = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(bytes, int.MaxValue & 0x0fffffff);
        bytes[4] = 0x30;

        Assert.Equal(RefusalCode.TooLarge, Inspect(bytes, out _).Refusal!.Code);
    }

    private static Command.UnikernelCreate Create(byte[] image) => new(
        new UnikernelConfig(
            ImageType.Solo5, false, image,
            new UnikernelSettings(new FailBehaviour.Quit(), null, true, new([0]), 32, [], [], [RawText.Of(Secret)])),
        OnConflict.Refuse);

    private static JsonObject Json(
        byte[] bytes, Disclosure disclosure = Disclosure.Summaries, ImmutableArray<ParsedCertificate>? anchors = null)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            var outline = new JsonOutline(json);
            var inspection = new FileInspection(outline, disclosure);
            outline.Fields(() => inspection.Run(null, bytes, anchors, GoldenPki.Now));
            Assert.Null(inspection.Refusal);
        }

        return JsonNode.Parse(output.ToArray())!.AsObject();
    }

    private static string Text(byte[] bytes, Disclosure disclosure = Disclosure.Summaries)
    {
        Inspect(bytes, out string text, disclosure);
        return text;
    }

    private static FileInspection Inspect(byte[] bytes, out string text, Disclosure disclosure = Disclosure.Summaries)
    {
        using var writer = new StringWriter();
        var outline = new TextOutline(writer);
        var inspection = new FileInspection(outline, disclosure);
        outline.Fields(() =>
        {
            outline.Key("file").Foreign("x");
            inspection.Run(null, bytes, null, GoldenPki.Now);
        });
        text = writer.ToString();
        return inspection;
    }

    private static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new InvalidOperationException(refusal.Text);
}
