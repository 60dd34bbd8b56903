using System.Diagnostics;

namespace Albatross.HostTests.Daemon;

/// <summary>The command line of OpenSSL: an independent maker and reader of certificates.</summary>
internal static class OpenSsl
{
    /// <summary>Runs it; it must succeed.</summary>
    public static void Run(string directory, params string[] arguments)
    {
        HostRequirement.Program("openssl");
        using Process process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"openssl {string.Join(' ', arguments)}: {output.Result}{errors}");
    }
}
