using System.Diagnostics;

namespace Albatross.Tests.Certificates;

/// <summary>
/// The openssl command line, as a second opinion. Tests that want it are skipped where it is missing, and fail there when CI=true.
/// </summary>
internal static class OpenSsl
{
    public static void Require()
    {
        bool isThere = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(dir => File.Exists(Path.Combine(dir, "openssl")));
        if (!isThere && Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail("openssl is not installed");
        }

        Assert.SkipUnless(isThere, "openssl is not installed");
    }

    /// <summary>Runs it in <paramref name="directory"/> and returns exit status and all it printed.</summary>
    public static async Task<(int Status, string Output)> RunAsync(string directory, params string[] arguments)
    {
        using Process process = Start(directory, arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + errors);
    }

    public static Process Start(string directory, params string[] arguments)
    {
        var info = new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(info)!;
    }
}
