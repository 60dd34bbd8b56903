using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>Boot arguments are often secrets.</summary>
public sealed class SecretTests
{
    private const string Secret = "--password=correct-horse-battery";

    [Fact]
    public async Task Boot_arguments_reach_neither_log_nor_process_list_nor_a_file()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, SampleGuests.ByName["idle"]());

        await daemon.RemoteAsync(["create", "safe", image, "--mem", "16", "--arg", Secret]).Succeeds();

        Assert.DoesNotContain(Secret, daemon.Log, StringComparison.Ordinal);
        int[] processes = [daemon.TenderOf("demo:safe")!.Value, daemon.ProcessOf("Vmmd"), daemon.ProcessOf("Endpoint")];
        foreach (int process in processes)
        {
            Assert.DoesNotContain(Secret, File.ReadAllText($"/proc/{process}/cmdline"), StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, File.ReadAllText($"/proc/{process}/environ"), StringComparison.Ordinal);
        }

        string run = Path.Combine(daemon.Directory, "run");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(run, "tenders"))
            .Concat(Directory.EnumerateFiles(Path.Combine(run, "util"), "*.address")))
        {
            Assert.DoesNotContain(Secret, File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nobody_else_may_enter_the_directories_or_read_a_key()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

        foreach (string entry in Directory.EnumerateDirectories(Path.Combine(daemon.Directory, "run")).Append(Path.Combine(daemon.Directory, "run")))
        {
            Assert.Equal(default, File.GetUnixFileMode(entry) & Others);
        }

        foreach (string key in Directory.EnumerateFiles(daemon.Pki, "*.key"))
        {
            Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(key));
        }
    }
}
