namespace Albatross.Tests.Tidy;

/// <summary>
/// The patches of tests/mutations each break one rule of the orchestrator; <c>./check --mutations</c> shows that it is noticed. Here only:
/// each still fits the source, so that a change of the source brings its patch along.
/// </summary>
public sealed class MutationPatchTests
{
    private const int Fewest = 10;

    private static readonly string[] Patches =
        Directory.GetFiles(Path.Combine(GoldenFiles.RepositoryRoot, "tests/mutations"), "*.patch");

    [Fact]
    public void Every_mutation_still_fits_the_source()
    {
        Assert.True(Patches.Length >= Fewest, $"only {Patches.Length} mutations are there");
        foreach (string patch in Patches)
        {
            string[] lines = File.ReadAllLines(patch);
            string target = lines.Single(line => line.StartsWith("+++ b/", StringComparison.Ordinal))["+++ b/".Length..];
            string source = File.ReadAllText(Path.Combine(GoldenFiles.RepositoryRoot, target));
            string[] hunks = [.. Hunks(lines)];
            Assert.NotEmpty(hunks);
            Assert.All(hunks, hunk => Assert.True(
                source.Split(hunk).Length == 2, $"{Path.GetFileName(patch)}: not once in {target}:\n{hunk}"));
        }
    }

    // What each hunk expects: its context and what it takes away.
    private static IEnumerable<string> Hunks(string[] lines)
    {
        for (int at = 0; at < lines.Length; at++)
        {
            if (lines[at].StartsWith("@@", StringComparison.Ordinal))
            {
                yield return string.Concat(lines[(at + 1)..]
                    .TakeWhile(line => !line.StartsWith("@@", StringComparison.Ordinal))
                    .Where(line => line.Length == 0 || line[0] is ' ' or '-')
                    .Select(line => (line.Length == 0 ? "" : line[1..]) + "\n"));
            }
        }
    }
}
