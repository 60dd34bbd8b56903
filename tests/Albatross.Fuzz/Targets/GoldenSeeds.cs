using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Albatross.Fuzz.Targets;

/// <summary>tests/golden as inputs to begin with; all of it was made by the real Albatross or by tests/Albatross.Guests.</summary>
internal static class GoldenSeeds
{
    private static readonly string Golden = Path.Combine(Root(), "tests", "golden");

    /// <summary>The rows of wire.jsonl whose kind begins with <paramref name="kind"/>, good ones and odd ones, the huge left out.</summary>
    public static List<byte[]> Vectors(string kind) =>
    [
        .. File.ReadLines(Path.Combine(Golden, "wire.jsonl"))
            .Select(line => JsonNode.Parse(line)!)
            .Where(row => ((string)row["kind"]!).StartsWith(kind, StringComparison.Ordinal))
            .Select(row => Convert.FromHexString((string)row["der"]!))
            .Where(der => der.Length <= 4096),
    ];

    /// <summary>State files that the real Albatross wrote, the huge left out.</summary>
    public static List<byte[]> StateFiles() =>
    [
        .. Directory.EnumerateFiles(Golden, "state-dump.*")
            .Where(file => !file.EndsWith(".json", StringComparison.Ordinal) && new FileInfo(file).Length <= 64 << 10)
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes),
    ];

    /// <summary>The images of tests/golden/images.</summary>
    public static List<byte[]> Images() =>
        [.. Directory.EnumerateFiles(Path.Combine(Golden, "images")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>The texts of tests/golden/pki with this extension, those of up to <paramref name="most"/> bytes.</summary>
    public static List<string> PemTexts(string extension, int most = 8192) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Golden, "pki"), "*" + extension, SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length <= most)
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllText),
    ];

    /// <summary>What the blocks of such texts hold, each once.</summary>
    public static List<byte[]> PemContents(string extension) =>
    [
        .. PemTexts(extension).SelectMany(BlocksOf).Where(der => der.Length <= 3000).DistinctBy(Convert.ToHexString),
    ];

    private static IEnumerable<byte[]> BlocksOf(string text)
    {
        for (int at = 0; PemEncoding.TryFind(text.AsSpan(at), out PemFields fields);)
        {
            yield return Convert.FromBase64String(text[(at + fields.Base64Data.Start.Value)..(at + fields.Base64Data.End.Value)]);
            at += fields.Location.End.Value;
        }
    }

    private static string Root()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Albatross.sln")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException("run it from a build inside the repository");
    }
}
