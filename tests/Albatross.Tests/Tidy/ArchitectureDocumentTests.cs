using System.Text.RegularExpressions;

namespace Albatross.Tests.Tidy;

/// <summary>The documents speak of what is there.</summary>
public sealed partial class ArchitectureDocumentTests
{
    private static readonly string Architecture = File.ReadAllText(Path.Combine(GoldenFiles.RepositoryRoot, "ARCHITECTURE.md"));

    [Fact]
    public void ARCHITECTURE_names_every_project()
    {
        var projects = Directory.EnumerateFiles(GoldenFiles.RepositoryRoot, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file)!);
        Assert.All(projects, project => Assert.Contains(project, Architecture, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_file_that_ARCHITECTURE_names_exists()
    {
        string[] named = [.. FileName().Matches(Architecture).Select(match => match.Groups[1].Value).Distinct()];

        Assert.True(named.Length > 40, $"only {named.Length} files are named");
        Assert.All(named, name => Assert.True(
            File.Exists(Path.Combine(GoldenFiles.RepositoryRoot, name)) || Directory.Exists(Path.Combine(GoldenFiles.RepositoryRoot, name)),
            $"ARCHITECTURE.md names {name}, which is not there"));
    }

    [Theory]
    [InlineData("docs/deviations.md")]
    [InlineData("docs/behaviour.md")]
    public void Every_test_that_a_document_names_exists(string document)
    {
        string[] named = [.. TestName().Matches(Read(document)).Select(match => match.Groups[1].Value).Distinct()];
        HashSet<string> tests = [.. Directory
            .EnumerateFiles(Path.Combine(GoldenFiles.RepositoryRoot, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declaration().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)];

        Assert.True(named.Length > 20, $"only {named.Length} tests are named");
        Assert.All(named, name => Assert.True(tests.Contains(name), $"{document} names {name}, which is no test"));
    }

    [Fact]
    public void Every_weak_spot_of_the_original_has_a_story_or_is_said_to_be_open()
    {
        string[] rows = [.. Read("docs/behaviour.md").Split('\n').Where(line => WeakSpot().IsMatch(line))];

        Assert.Equal(Enumerable.Range(1, 29).Select(number => $"| {number}. "), rows.Select(row => WeakSpot().Match(row).Value));
        Assert.All(rows, row => Assert.True(TestName().IsMatch(row) || !row.EndsWith("| |", StringComparison.Ordinal), row));
    }

    private static string Read(string document) => File.ReadAllText(Path.Combine(GoldenFiles.RepositoryRoot, document));

    // A path from the root in backquotes: `src/Albatross.Policy/Refusal.cs`.
    [GeneratedRegex("`((?:src|tests|deploy|docs|build)/[\\w./-]+)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^\| \d+\. ")]
    private static partial Regex WeakSpot();

    // A test, or a class of tests.
    [GeneratedRegex(@"\b(?:void|Task|class) (\w+)")]
    private static partial Regex Declaration();

    // A test's name in backquotes begins with a capital and has underscores, or is a class of tests.
    [GeneratedRegex("`([A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+|[A-Z]\\w+Tests)`")]
    private static partial Regex TestName();
}
