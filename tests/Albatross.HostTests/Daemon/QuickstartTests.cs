using System.Diagnostics;

namespace Albatross.HostTests.Daemon;

/// <summary>The first command of the README.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task Quickstart_once_shows_console_info_metrics_and_the_refusal_and_leaves_nothing()
    {
        HostRequirement.Kvm();
        string directory = Directory.CreateTempSubdirectory("albatross-").FullName;
        try
        {
            using Process quickstart = Process.Start(new ProcessStartInfo(
                Path.Combine(Programs.RepositoryRoot, "quickstart"), ["--once", "--dir", directory])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            Task<string> errors = quickstart.StandardError.ReadToEndAsync();
            string output = await quickstart.StandardOutput.ReadToEndAsync();
            await quickstart.WaitForExitAsync();

            Assert.True(quickstart.ExitCode == 0, $"{output}\n{await errors}");
            Assert.Contains("--name=hello --greeting=hello from a certificate", output, StringComparison.Ordinal);
            Assert.Contains(": 00000003", output, StringComparison.Ordinal);
            Assert.Contains("[unikernel: :hello]: typ solo5 started ", output, StringComparison.Ordinal);
            Assert.Contains("albatross_unikernel_up{unikernel=\"demo:hello\",path=\"demo:\"} 1", output, StringComparison.Ordinal);
            Assert.Contains("maximum allowed memory (64, used 16) would be exceeded (requesting 128)", output, StringComparison.Ordinal);
            Assert.EndsWith("nothing left: no process, no socket, no FIFO\n", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
