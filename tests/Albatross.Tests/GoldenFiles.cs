namespace Albatross.Tests;

/// <summary>The files of tests/golden: made by the real Albatross, never by a codec of ours.</summary>
internal static class GoldenFiles
{
    /// <summary>The directory that holds Albatross.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The path of the golden file <paramref name="name"/>.</summary>
    public static string PathOf(string name) => Path.Combine(RepositoryRoot, "tests", "golden", name);

    private static string FindRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Albatross.sln")))
        {
            at = Path.GetDirectoryName(at);
        }

        return at ?? throw new InvalidOperationException($"no Albatross.sln above {AppContext.BaseDirectory}");
    }
}
