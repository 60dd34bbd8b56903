using System.Diagnostics;

namespace Albatross.HostTests.Daemon;

/// <summary>One run of the published client.</summary>
/// <param name="Status">Its exit status.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Errors">What it complained.</param>
internal sealed record ClientRun(int Status, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs it to its end.</summary>
    public static async Task<ClientRun> RunAsync(DaemonPlace place, string directory, params string[] arguments)
    {
        using Process process = Start(place, directory, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return new ClientRun(process.ExitCode, await output, await errors);
    }

    /// <summary>Starts it, with its directory as TMPDIR; the caller reads its output and ends it.</summary>
    public static Process Start(DaemonPlace place, string directory, params string[] arguments)
    {
        (string file, string[] words) = place.WordsOf(Programs.Client, arguments);
        return Process.Start(new ProcessStartInfo(file, words)
        {
            WorkingDirectory = directory,
            Environment = { ["TMPDIR"] = directory },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <inheritdoc/>
    public override string ToString() => $"status {Status}\n{Output}\n{Errors}";
}

/// <summary>What a test expects of a run.</summary>
internal static class ClientRunExpectations
{
    /// <summary>Status 0; the output.</summary>
    public static async Task<string> Succeeds(this Task<ClientRun> run)
    {
        ClientRun result = await run;
        Assert.True(result.Status == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Another status, and a complaint that says why.</summary>
    public static async Task Fails(this Task<ClientRun> run, int status, string why)
    {
        ClientRun result = await run;
        Assert.True(result.Status == status, $"expected status {status}: {result}");
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
    }
}
