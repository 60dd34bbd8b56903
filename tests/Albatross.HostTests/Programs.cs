namespace Albatross.HostTests;

/// <summary>
/// Where the programs under test are: in the directory that ALBATROSS_BIN names (the published files), else what the build left beside
/// their source, run by dotnet.
/// </summary>
internal static class Programs
{
    /// <summary>The directory that holds Albatross.sln.</summary>
    internal static string RepositoryRoot { get; } = FindRoot();

    internal static ProgramCommand Daemon => Find("Albatross.Daemon", "albatross-daemon");

    internal static ProgramCommand Client => Find("Albatross.Client", "albatross-client");

    internal static ProgramCommand Tender => Find("Albatross.Tender", "albatross-tender");

    /// <summary>The path of a golden file.</summary>
    internal static string Golden(params ReadOnlySpan<string> path) =>
        Path.Combine([RepositoryRoot, "tests", "golden", .. path]);

    private static ProgramCommand Find(string project, string name)
    {
        if (Environment.GetEnvironmentVariable("ALBATROSS_BIN") is { Length: > 0 } directory)
        {
            return new ProgramCommand(Existing(Path.Combine(directory, name)), []);
        }

        // Tests and programs are built in the same configuration: .../bin/Debug/net10.0/.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Debug";
        string build = Path.Combine(RepositoryRoot, "src", project, "bin", configuration, "net10.0", $"{name}.dll");
        return new ProgramCommand("dotnet", [Existing(build)]);
    }

    private static string Existing(string path) => File.Exists(path)
        ? path
        : throw new FileNotFoundException($"{path} is not there: build the solution, or set ALBATROSS_BIN");

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

/// <summary>How to start a program: the file and what comes before its own arguments.</summary>
internal sealed record ProgramCommand(string File, IReadOnlyList<string> FirstArguments);
