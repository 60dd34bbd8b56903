using System.Text.Json.Nodes;

namespace Albatross.Tests.Protocol;

/// <summary>One row of tests/golden/wire.jsonl: bytes and what the real Albatross makes of them.</summary>
internal sealed record WireVector(string Id, string Kind, JsonObject Row)
{
    public byte[] Der => Bytes("der")!;

    /// <summary>What the real decoder makes of the bytes.</summary>
    public JsonNode Decoded => Row["decoded"] ?? Row["value"] ?? throw new InvalidOperationException($"{Id} has no value");

    public string Verdict => Text("verdict")!;

    public string? Text(string key) => (string?)Row[key];

    public byte[]? Bytes(string key) => Text(key) is { } hex ? Convert.FromHexString(hex) : null;
}

internal static class WireVectors
{
    private static readonly Lazy<ImmutableArray<WireVector>> Rows = new(Load);

    public static ImmutableArray<WireVector> All => Rows.Value;

    /// <summary>The rows of <paramref name="kind"/>; fails when there are fewer than <paramref name="atLeast"/>.</summary>
    public static ImmutableArray<WireVector> OfKind(string kind, int atLeast)
    {
        ImmutableArray<WireVector> rows = [.. All.Where(row => row.Kind == kind)];
        Assert.True(rows.Length >= atLeast, $"{rows.Length} rows of kind {kind}, not {atLeast}");
        return rows;
    }

    private static ImmutableArray<WireVector> Load() =>
    [
        .. File.ReadLines(GoldenFiles.PathOf("wire.jsonl"))
            .Select(line => JsonNode.Parse(line)!.AsObject())
            .Select(row => new WireVector((string)row["id"]!, (string)row["kind"]!, row)),
    ];
}
