using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;

namespace Albatross.HostTests.Replay;

/// <summary>
/// One row of tests/golden/exchanges-*.jsonl: what was sent to the real Albatross on one connection, and everything that it answered
/// there. The rows of a file were recorded in order, from an empty database, and depend on each other.
/// </summary>
internal sealed record RecordedStep(string Exchange, JsonObject Row)
{
    private const string Refused = "ssl error: SSLV3_ALERT_";

    /// <summary>Counts from 1.</summary>
    public int Number => (int)Row["step"]!;

    /// <summary>What it is about.</summary>
    public string Note => (string)Row["note"]!;

    /// <summary>The service of a local exchange: vmmd, console or stat.</summary>
    public string? Socket => (string?)Row["socket"];

    /// <summary>The certificates of a TLS exchange, a file below tests/golden/pki.</summary>
    public string? Chain => (string?)Row["chain"];

    /// <summary>The frames that were sent, length included; after each but the last its answer was awaited.</summary>
    public ImmutableArray<byte[]> Requests => Row["raw"] is { } raw
        ? [Convert.FromHexString((string)raw!)]
        : [.. Row["requests"]?.AsArray().Select(request => Convert.FromHexString((string)request!["framed"]!)) ?? []];

    /// <summary>What was sent after the requests, length included.</summary>
    public ImmutableArray<byte[]> Chunks => (string?)Row["chunks-note"] switch
    {
        null => [.. Row["chunks"]?.AsArray().Select(chunk => Convert.FromHexString((string)chunk!)) ?? []],
        "two chunks of 2^20 zero bytes, one of 1 byte, end chunk" => [Zeros(1 << 20), Zeros(1 << 20), Zeros(1), Zeros(0)],
        var other => throw new InvalidDataException($"the recording says of its chunks: {other}"),
    };

    /// <summary>What was answered, length included; of <see cref="Count"/> frames perhaps only the first four and the last two.</summary>
    public ImmutableArray<byte[]> Replies =>
        [.. Row["replies"]!.AsArray().Select(reply => Convert.FromHexString((string)reply!["framed"]!))];

    /// <summary>How many frames were answered; where that is chance, enough to see a unikernel start, end and start again.</summary>
    public int Count => CountVaries ? 1 + 2 * 3 : IsAbridged ? int.Parse(((string)Row["replies-note"]!).Split(' ')[0], null) : Replies.Length;

    /// <summary>Whether how many frames come is chance.</summary>
    public bool CountVaries => Varies == "timestamps and count";

    /// <summary>Whether the middle of the answer was not kept.</summary>
    public bool IsAbridged => Row["replies-note"] is not null;

    /// <summary>What is different in each run, in the recording's words; empty when nothing is.</summary>
    public string Varies => (string?)Row["varies"] ?? "";

    /// <summary>
    /// What the server did with the connection: <c>closed</c> (perhaps with data unread), <c>open</c>, or <c>alert NAME</c>.
    /// </summary>
    public string End => (string)Row["end"]! switch
    {
        "closed" or "reset" => Ends.Closed,
        var text when text.StartsWith("open", StringComparison.Ordinal) || text == "stopped by us" => Ends.Open,
        var text when text.StartsWith(Refused, StringComparison.Ordinal) => Ends.Alert(text[Refused.Length..].ToLowerInvariant()),
        var other => throw new InvalidDataException($"the recording says of the connection: {other}"),
    };

    /// <summary>All rows of exchanges-<paramref name="exchange"/>.jsonl.</summary>
    public static ImmutableArray<RecordedStep> Load(string exchange) =>
    [
        .. File.ReadLines(Programs.Golden($"exchanges-{exchange}.jsonl"))
            .Select(line => new RecordedStep(exchange, JsonNode.Parse(line)!.AsObject())),
    ];

    /// <summary>The same with another header in every answer: the endpoint of the original counts what it asks of its services there.</summary>
    public RecordedStep WithSequence0()
    {
        var row = Row.DeepClone().AsObject();
        foreach (JsonNode? reply in row["replies"]!.AsArray())
        {
            byte[] body = Convert.FromHexString((string)reply!["framed"]!)[sizeof(int)..];
            Assert.True(WireCodec.TryDecode(body, out Wire? wire, out _));
            reply["framed"] = Convert.ToHexStringLower(WireCodec.EncodeFramed(wire with { Header = wire.Header with { Sequence = 0 } }));
        }

        return this with { Row = row };
    }

    private static byte[] Zeros(int length) => length == 0 ? FrameWriter.EndMarker.ToArray() : FrameWriter.Write(new byte[length]);
}

/// <summary>What a server can do with a connection.</summary>
internal static class Ends
{
    public const string Closed = "closed";
    public const string Open = "open";

    public static string Alert(string name) => $"alert {name}";
}
