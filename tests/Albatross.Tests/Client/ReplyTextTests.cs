using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Albatross.Client.Output;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Tests.Protocol;

namespace Albatross.Tests.Client;

/// <summary>Replies as the real client prints them, apart from its line breaks and the boot arguments, which it prints verbosely only.</summary>
public sealed partial class ReplyTextTests
{
    private static readonly string[] Kinds = ["string", "empty", "policies", "info", "info4", "info5"];

    // The differences on purpose: (identifier, the original's words, ours).
    private static readonly (string Id, string Original, string Ours)[] Differences =
    [
        ("ok-string-utf8", "gr\u00fc\u00dfe", "gr\\195\\188\\195\\159e"),                  // what a stranger wrote does not drive a terminal
        ("ok-string-invalid-utf8", "\u00ff\u00fe\u0080", "\\255\\254\\128"),
    ];

    [Fact]
    public void Replies_are_printed_as_by_the_original()
    {
        int compared = 0;
        foreach (WireVector row in WireVectors.OfKind("wire", 215).Where(IsPrintedReply))
        {
            Assert.True(WireCodec.TryDecode(row.Der, out Wire? wire, out Refusal? refusal), $"{row.Id}: {refusal?.Text}");
            var answer = Assert.IsType<Wire.Answer>(wire);
            string ours = ReplyText.Of(answer.Header, answer.Reply).Replace("albatross-client: [WARNING] ", "", StringComparison.Ordinal);

            Assert.Equal($"{row.Id}: {Expected(row)}", $"{row.Id}: {Collapsed(ours)}");
            compared++;
        }

        Assert.True(compared >= 60, $"only {compared} rows were compared");
    }

    [Fact]
    public void A_failure_is_a_warning() =>
        Assert.Equal(
            "albatross-client: [WARNING] host [unikernel: :web]: command failed destroy: not found",
            ReplyText.Of(HeaderOf(":web"), Reply.Failure.Of("destroy: not found")));

    [Fact]
    public void A_stranger_cannot_drive_the_terminal()
    {
        var line = new Reply.ConsoleLine(DateTimeOffset.UnixEpoch, new RawText("\u001b[2J\u0007\\ \"x\"\t\b\r\u007f"u8.ToArray()));

        Assert.Equal(
            "console 1970-01-01T00:00:00-00:00: \\027[2J\\007\\\\ \\\"x\\\"\\t\\b\\r\\127",
            ReplyText.Of(HeaderOf(":web"), line));
    }

    [Fact]
    public void Every_entry_has_its_own_line()
    {
        var policy = new Albatross.Policy.Policies.ResourcePolicy(1, new([0]), 64, 10, new([RawText.Of("a"), RawText.Of("b")]));
        var reply = new Reply.Policies(
        [
            new Entry<Albatross.Policy.Policies.ResourcePolicy>(HeaderOf("foo:").Name, policy),
            new Entry<Albatross.Policy.Policies.ResourcePolicy>(HeaderOf(":").Name, policy with { BlockMib = null, Bridges = default }),
        ]);

        Assert.Equal(
            "host [unikernel: :]: [unikernel: foo:]: policy: 1 unikernels 0 CPUids 64 MB memory 10 MB block, bridges: a, b\n"
                + "[unikernel: :]: policy: 1 unikernels 0 CPUids 64 MB memory no block",
            ReplyText.Of(HeaderOf(":"), reply));
    }

    private static bool IsPrintedReply(WireVector row)
    {
        JsonObject payload = row.Decoded["payload"]!.AsObject();
        return payload.ContainsKey("failure")
            || (payload["success"] is JsonObject success && Kinds.Contains(success.First().Key))
            || (payload["data"] is JsonObject data && data.ContainsKey("console"));
    }

    private static string Expected(WireVector row)
    {
        string text = row.Row["print"] is JsonObject raw
            ? Encoding.Latin1.GetString(Convert.FromHexString((string)raw["hex"]!))
            : (string)row.Row["print"]!;
        (_, string original, string ours) = Array.Find(Differences, difference => difference.Id == row.Id);
        text = original is null ? text : text.Replace(original, ours, StringComparison.Ordinal);
        return Collapsed(Arguments().Replace(text, ""));
    }

    private static string Collapsed(string text) => Blanks().Replace(text, " ").Trim();

    private static Header HeaderOf(string name) =>
        new(0, Name.TryParse(name, out Name parsed, out _) ? parsed : throw new ArgumentException(name));

    // "argv …" ends an entry of info: the next one begins with a bracket at the start of a line.
    [GeneratedRegex(@"\nargv .*?(?=\n\[unikernel: |\z)", RegexOptions.Singleline)]
    private static partial Regex Arguments();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
