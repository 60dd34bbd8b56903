using System.Diagnostics;

namespace Albatross.HostTests.Daemon;

/// <summary>The first command of the README.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task Quickstart_once_shows_console_info_metrics_and_the_refusal_and_leaves_nothing()
    {
        HostRequirement.Kvm();

        Assert.Contains("The unikernel is built for hvt: a virtual machine of KVM, which works here\n", await Quickstart([]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quickstart_uses_spt_where_there_is_no_KVM_says_why_and_shows_the_same()
    {
        HostRequirement.Root();

        string output = await Quickstart(DaemonPlace.WithoutKvm);

        Assert.Contains("The unikernel is built for spt: a process that may do next to nothing; KVM does not work here\n", output, StringComparison.Ordinal);
        Assert.Contains("albatross-tender: Could not open: /dev/kvm: No such file or directory\n", output, StringComparison.Ordinal);
        Assert.Contains("for hvt, enable virtualisation in the firmware", output, StringComparison.Ordinal);
    }

    private static async Task<string> Quickstart(IEnumerable<string> before)
    {
        string directory = Directory.CreateTempSubdirectory("albatross-").FullName;
        string[] words = [.. before, Path.Combine(Programs.RepositoryRoot, "quickstart"), "--once", "--dir", directory];
        try
        {
            using Process quickstart = Process.Start(new ProcessStartInfo(words[0], words[1..])
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
            return output;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
