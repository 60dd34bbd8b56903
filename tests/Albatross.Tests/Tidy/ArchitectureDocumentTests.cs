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

    [Fact]
    public void Every_test_that_the_deviations_name_exists()
    {
        string deviations = File.ReadAllText(Path.Combine(GoldenFiles.RepositoryRoot, "docs/deviations.md"));
        string tests = string.Concat(Directory
            .EnumerateFiles(Path.Combine(GoldenFiles.RepositoryRoot, "tests"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        string[] named = [.. TestName().Matches(deviations).Select(match => match.Groups[1].Value).Distinct()];

        Assert.True(named.Length > 20, $"only {named.Length} tests are named");
        Assert.All(named, name => Assert.Contains(name, tests, StringComparison.Ordinal));
    }

    // A path from the root in backquotes: `src/Albatross.Policy/Refusal.cs`.
    [GeneratedRegex("`((?:src|tests|deploy|docs|build)/[\\w./-]+)`")]
    private static partial Regex FileName();

    // A test's name in backquotes has underscores, or is a class of tests.
    [GeneratedRegex("`([A-Za-z0-9]+_[A-Za-z0-9_]+|[A-Z]\\w+Tests)`")]
    private static partial Regex TestName();
}
