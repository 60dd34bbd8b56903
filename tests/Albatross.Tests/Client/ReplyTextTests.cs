using System.Globalization;
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

/// <summary>Replies as the real client prints them, but for its line breaks and the boot arguments, which only -v -v shows.</summary>
public sealed partial class ReplyTextTests
{
    private static readonly string[] Kinds =
    [
        "string", "empty", "policies", "info", "info4", "info5", "block-devices", "block-device-image", "old-block-device-image",
    ];

    [Fact]
    public void Replies_are_printed_as_by_the_original()
    {
        int compared = 0;
        var different = new List<string>();
        foreach (WireVector row in WireVectors.OfKind("wire", 215).Where(IsPrintedReply))
        {
            Assert.True(WireCodec.TryDecode(row.Der, out Wire? wire, out Refusal? refusal), $"{row.Id}: {refusal?.Text}");
            var answer = Assert.IsType<Wire.Answer>(wire);
            string ours = ReplyText.Of(answer.Header, answer.Reply).Replace("albatross-client: [WARNING] ", "", StringComparison.Ordinal);

            compared++;
            if (Expected(row) != Collapsed(ours))
            {
                different.Add($"{row.Id}:\n  {Expected(row)}\n  {Collapsed(ours)}");
            }
        }

        Assert.True(different.Count == 0, string.Join('\n', different));
        Assert.True(compared >= 53, $"only {compared} rows were compared");
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

    [Fact]
    public void Every_block_device_has_its_own_line_and_none_is_said_so()
    {
        var reply = new Reply.BlockDevices(
        [
            new Entry<BlockDevice>(HeaderOf(":storage").Name, new BlockDevice(4, Active: false)),
            new Entry<BlockDevice>(HeaderOf("foo:data").Name, new BlockDevice(1024, Active: true)),
        ]);

        Assert.Equal(
            "host [unikernel: :]: block [unikernel: :storage] size 4 MB active false\nblock [unikernel: foo:data] size 1024 MB active true",
            ReplyText.Of(HeaderOf(":"), reply));
        Assert.Equal("host [unikernel: :]: no block devices", ReplyText.Of(HeaderOf(":"), new Reply.BlockDevices([])));
    }

    private static bool IsPrintedReply(WireVector row)
    {
        JsonObject payload = row.Decoded["payload"]!.AsObject();
        bool isBhyve = row.Row["value"]!.ToJsonString().Contains("bhyve", StringComparison.OrdinalIgnoreCase);   // FreeBSD only
        return payload.ContainsKey("failure")
            || (!isBhyve && payload["success"] is JsonObject success && Kinds.Contains(success.First().Key))
            || (payload["data"] is JsonObject data && (data.ContainsKey("console") || data.ContainsKey("block")));
    }

    private static string Expected(WireVector row)
    {
        string text = row.Row["print"] is JsonObject raw
            ? Encoding.Latin1.GetString(Convert.FromHexString((string)raw["hex"]!))
            : (string)row.Row["print"]!;
        text = EmptySet().Replace(text, "restart all except 1 startup");
        text = NegativeMemory().Replace(text, match => $"{long.Parse(match.ValueSpan, CultureInfo.InvariantCulture) - long.MaxValue - 1}");
        text = WithoutWhatIsNotSent(row, Arguments().Replace(text, ""));
        return Collapsed(NotAscii().Replace(text, match => $"\\{(int)match.ValueSpan[0]:d3}"));
    }

    // The devices of the original were printed before they were encoded: a SET OF, which its encoder sorts.
    private static string Collapsed(string text) => Devices().Replace(
        Blanks().Replace(text, " ").Trim(),
        match => $"block devices {Sorted(match.Groups["blocks"].Value)} bridge {Sorted(match.Groups["nets"].Value)} digest ");

    private static string Sorted(string devices) =>
        string.Join(" | ", devices.Split("), ").Select(device => device.TrimEnd(')')).Order(StringComparer.Ordinal));

    // What the old forms of info do not carry was printed all the same.
    private static string WithoutWhatIsNotSent(WireVector row, string text) => row.Decoded["payload"]!["success"] switch
    {
        JsonObject success when success.ContainsKey("info4") =>
            Startup().Replace(BootPartition().Replace(text, "#cpus 1 linux_boot_partition not specified"), "startup at not specified"),
        JsonObject success when success.ContainsKey("info5") => BootPartition().Replace(text, "#cpus 1 linux_boot_partition not specified"),
        _ => text,
    };

    private static Header HeaderOf(string name) =>
        new(0, Name.TryParse(name, out Name parsed, out _) ? parsed : throw new ArgumentException(name));

    // "argv …" ends an entry of info: the next one begins with a bracket at the start of a line.
    [GeneratedRegex(@"\nargv .*?(?=\n\[unikernel: |\z)", RegexOptions.Singleline)]
    private static partial Regex Arguments();

    [GeneratedRegex("block devices (?<blocks>.*?) ?bridge (?<nets>.*?) ?digest ")]
    private static partial Regex Devices();

    // The original escapes console lines only; we escape whatever a stranger wrote.
    [GeneratedRegex(@"[\u0080-\u00ff]")]
    private static partial Regex NotAscii();

    // An empty set of exit codes and none at all are one value here: all.
    [GeneratedRegex(@"restart\s+startup")]
    private static partial Regex EmptySet();

    // 63 bits, printed by the original without their sign.
    [GeneratedRegex(@"92233720368547\d{5}(?= MB memory)")]
    private static partial Regex NegativeMemory();

    [GeneratedRegex(@"startup at (not specified|-?\d+)")]
    private static partial Regex Startup();

    [GeneratedRegex(@"#cpus -?\d+ linux_boot_partition [^\n]*(?=\n\[unikernel: |\z)")]
    private static partial Regex BootPartition();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
