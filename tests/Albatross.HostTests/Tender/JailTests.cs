using System.Diagnostics;
using Albatross.Guests;
using Albatross.Linux;

namespace Albatross.HostTests.Tender;

/// <summary>An installed tender in a jail, played by ours under another path, and by small programs that tell what they find there.</summary>
public sealed class JailTests : IDisposable
{
    private const string Ordinary = "albatross-tender: jail without own user (no --user); capability bounds (not root)\n";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-jail-");

    [Theory]
    [InlineData(GuestTarget.Spt)]
    [InlineData(GuestTarget.Hvt)]
    public async Task An_installed_tender_runs_in_it(GuestTarget target)
    {
        using var image = new ImageFile(SampleGuests.Hello(target));
        TenderRun run = await Jail("--", Installed($"solo5-{target.Command()}"), "--mem=2", image.Path, "jailed", "guest");
        Assert.Equal((0, "hello from jailed guest\n"), (run.Status, run.Output));
    }

    [Theory]
    [InlineData(GuestTarget.Spt)]
    [InlineData(GuestTarget.Hvt)]
    public async Task It_can_use_the_disk_that_its_command_line_names(GuestTarget target)
    {
        using var image = new ImageFile(DeviceGuests.BlockCheck(512, target));
        using var disk = new BlockFile(1 << 20);
        TenderRun run = await Jail("--", Installed($"solo5-{target.Command()}"), "--mem=2", $"--block:storage={disk.Path}", image.Path);
        Assert.Equal((0, "SUCCESS\n"), (run.Status, run.Output));
    }

    [Fact]
    public async Task A_status_that_the_guest_gives_is_that_of_the_jail()
    {
        using var image = new ImageFile(SampleGuests.Exit(42, GuestTarget.Spt));
        Assert.Equal(42, (await Jail("--", Installed("solo5-spt"), "--mem=2", image.Path)).Status);
    }

    [Fact]
    public async Task It_reads_no_file_that_its_command_line_does_not_name()
    {
        using var named = new ImageFile("named\n"u8.ToArray());
        using var other = new ImageFile("other\n"u8.ToArray());
        TenderRun run = await Jail("--", "/bin/cat", named.Path, other.Path);
        Assert.Equal((1, "named\n"), (run.Status, run.Output));
        Assert.Contains($"{other.Path}: Permission denied", run.Error, StringComparison.Ordinal);
        Assert.Equal((0, "named\nother\n"), await Told($"--read={other.Path}", "--", "/bin/cat", named.Path, other.Path));
    }

    [Fact]
    public async Task It_writes_only_what_is_its_to_write()
    {
        string file = Path.Combine(_directory.FullName, "file");
        File.WriteAllText(file, "");
        using var image = new ImageFile("text"u8.ToArray());
        string[] copy = ["--", "/bin/dd", $"if={image.Path}", $"of={file}", "conv=notrunc", "status=none"];
        Assert.Equal(1, (await Jail(["--read=" + image.Path, .. copy])).Status);
        Assert.Equal("", File.ReadAllText(file));
        Assert.Equal(0, (await Jail(["--read=" + image.Path, "--write=" + file, .. copy])).Status);
        Assert.Equal("text", File.ReadAllText(file));
    }

    [Fact]
    public async Task It_executes_no_other_program()
    {
        const int CannotBeInvoked = 126;
        Assert.Equal(CannotBeInvoked, (await Jail("--", "/usr/bin/env", "/bin/true")).Status);
    }

    [Fact]
    public async Task It_has_no_capability_cannot_gain_any_and_dumps_no_core()
    {
        (int status, string text) = await Told("--", "/bin/cat", "/proc/self/status");
        Assert.Equal(0, status);
        Assert.Contains("NoNewPrivs:\t1\n", text, StringComparison.Ordinal);
        Assert.Contains("CapPrm:\t0000000000000000\n", text, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000\n", text, StringComparison.Ordinal);
        (_, string limits) = await Told("--", "/bin/cat", "/proc/self/limits");
        Assert.Matches(@"Max core file size +0 +0 ", limits);
    }

    [Fact]
    public async Task Root_runs_it_as_the_user_that_was_asked_for_and_without_bounds()
    {
        HostRequirement.Root();
        TenderRun run = await Jail("--user=65534:65533", "--", "/bin/cat", "/proc/self/status");
        Assert.Equal((0, ""), (run.Status, run.Error));
        Assert.Contains("Uid:\t65534\t65534\t65534\t65534\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("Gid:\t65533\t65533\t65533\t65533\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("Groups:\t \n", run.Output, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t0000000000000000\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_may_not_become_another_is_refused()
    {
        HostRequirement.Root();
        TenderRun run = await AsNobody("--user=1", "--", "/bin/true");
        Assert.Equal(
            (1, "albatross-tender: --user: this process may not become another user, or its user namespace does not have this one\n"),
            (run.Status, run.Error));
    }

    [Fact]
    public async Task An_ordinary_user_gets_all_but_what_only_root_can_give()
    {
        HostRequirement.Root();
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        File.SetUnixFileMode(image.Path, (UnixFileMode)0b100_100_100);
        TenderRun run = await AsNobody("--", Installed("solo5-spt"), "--mem=2", image.Path, "x");
        Assert.Equal(
            new TenderRun(
                0, "hello from x\n", Ordinary + "solo5-spt: sandbox without own user, empty root, capability bounds (not root)\n"),
            run);
    }

    [Fact]
    public async Task Its_network_is_not_that_of_the_caller()
    {
        (int status, string inside) = await Told("--", "/bin/readlink", "/proc/self/ns/net");
        Assert.Equal(0, status);
        Assert.StartsWith("net:[", inside, StringComparison.Ordinal);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, inside.TrimEnd('\n'));
    }

    [Theory]
    [InlineData(GuestTarget.Spt)]
    [InlineData(GuestTarget.Hvt)]
    public async Task It_can_attach_a_tap_of_the_callers_network(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With("tap100 1500 10.0.0.1/24");
        using var image = new ImageFile(DeviceGuests.Echo(interfaces: 1, 5, target));
        string[] words = ["--jail", "--", Installed($"solo5-{target.Command()}"), "--mem=2", "--net:service0=tap100", image.Path];
        using Process tender = network.StartTender(words);
        Assert.Equal("MTU is 1500", await tender.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        TenderRun pings = await network.Run("ping", "-q", "-i", "0.01", "-c", "5", "10.0.0.2");
        Assert.Equal(0, pings.Status);
        await tender.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, tender.ExitCode);
    }

    [Fact]
    public async Task The_environment_and_the_callers_descriptors_stay_outside()
    {
        Assert.Equal((0, ""), await Told("--", "/usr/bin/env"));
        using DeviceFile file = DeviceFile.OpenNull();
        using var leaked = new InheritedDescriptor(file);
        string path = $"/proc/self/fd/{leaked.Number}";
        Assert.Equal(1, (await Jail("--", "/bin/cat", path)).Status);
        Assert.Equal((0, ""), await Told($"--keep={leaked.Number}", "--", "/bin/cat", path));
    }

    [Theory]
    [InlineData("Missing PROGRAM operand", "--")]
    [InlineData("Missing PROGRAM operand", "--keep=3")]
    [InlineData("Invalid option: `--keep=2'", "--keep=2", "--", "/bin/true")]
    [InlineData("Invalid option: `--user=0'", "--user=0", "--", "/bin/true")]
    [InlineData("Invalid option: `--user=1:x'", "--user=1:x", "--", "/bin/true")]
    [InlineData("Invalid option: `--read='", "--read=", "--", "/bin/true")]
    [InlineData("Invalid option: `--mem=2'", "--mem=2", "--", "/bin/true")]
    public async Task A_wrong_command_line_shows_how_it_should_be(string message, params string[] arguments)
    {
        TenderRun run = await Jail(arguments);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith($"albatross-tender: {message}\nusage: albatross-tender --jail [ OPTIONS ] -- PROGRAM", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-tender", "no-such-tender: Could not find the program")]
    [InlineData("/no/such/tender", "open /no/such/tender: ")]
    public async Task A_program_that_is_not_there_is_named(string program, string message)
    {
        TenderRun run = await Jail("--", program);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.Contains($"albatross-tender: {message}", run.Error, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task<TenderRun> Jail(params string[] arguments) => await TenderRun.Of(["--jail", .. arguments]);

    private static async Task<(int Status, string Output)> Told(params string[] arguments)
    {
        TenderRun run = await Jail(arguments);
        return (run.Status, run.Output);
    }

    private static async Task<TenderRun> AsNobody(params string[] arguments)
    {
        HostRequirement.Program("setpriv");
        ProgramCommand tender = Programs.Tender;
        return await TenderRun.Of(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", tender.File, .. tender.FirstArguments, "--jail", .. arguments]);
    }

    /// <summary>Our tender under the name and path of an installed one. It has to be a program of its own: the jail knows no runtime.</summary>
    private string Installed(string name)
    {
        ProgramCommand tender = Programs.Tender;
        if (tender.FirstArguments.Count > 0 || File.Exists(tender.File + ".dll"))
        {
            HostRequirement.Miss("albatross-tender is not compiled ahead of time");
        }

        string path = Path.Combine(_directory.FullName, name);
        File.Copy(tender.File, path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101);
        return path;
    }
}
