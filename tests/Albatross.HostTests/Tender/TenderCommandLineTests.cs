using System.Diagnostics;
using Albatross.Guests;

namespace Albatross.HostTests.Tender;

/// <summary>solo5-hvt's command line. What needs no guest needs no KVM either.</summary>
public sealed class TenderCommandLineTests
{
    private const string Prefix = "albatross-tender: ";

    [Theory]
    [InlineData("--version")]
    [InlineData("hvt", "--version")]
    [InlineData("spt", "--version")]
    [InlineData("hvt", "--mem=1", "--version", "--help")]
    public async Task Version_goes_to_stderr_with_status_0(params string[] arguments)
    {
        TenderRun run = await TenderRun.Of(arguments);
        Assert.Equal((0, ""), (run.Status, run.Output));
        Assert.Matches(@"^albatross-tender tender, version \d+\.\d+\.\d+\nABI version 2\n$", run.Error);
    }

    [Theory]
    [InlineData("hvt", "--help")]
    [InlineData("hvt", "--mem=1", "--help", "--version")]
    public async Task Help_goes_to_stderr_with_status_1(params string[] arguments)
    {
        TenderRun run = await TenderRun.Of(arguments);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith("usage: albatross-tender hvt ", run.Error, StringComparison.Ordinal);
        Assert.Contains("KERNEL is the filename of the unikernel to run.\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("virtio")]
    [InlineData("--help")]
    public async Task An_unknown_subcommand_shows_the_usage_with_status_1(params string[] arguments)
    {
        TenderRun run = await TenderRun.Of(arguments);
        Assert.Equal(1, run.Status);
        Assert.StartsWith("usage: albatross-tender hvt ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hvt")]
    [InlineData("hvt", "--mem=2", "--")]
    public async Task A_missing_kernel_is_named_before_the_usage(params string[] arguments) =>
        await Refuses(arguments, "Missing KERNEL operand\nusage: albatross-tender hvt ");

    [Fact]
    public async Task A_kernel_that_is_not_there_is_refused() =>
        await Refuses(["hvt", "/nonexistent/image"], "/nonexistent/image: Could not open: No such file or directory\n");

    [Theory]
    [InlineData("--mem=", "Malformed argument to --mem\n")]
    [InlineData("--mem=0", "Malformed argument to --mem\n")]
    [InlineData("--mem=5x", "Malformed argument to --mem\n")]
    [InlineData("--mem=4098", "guest memory size 4297064448 bytes exceeds the max size 4294967296 bytes\n")]
    [InlineData("--foo", "Invalid option: `--foo'\nusage: ")]
    [InlineData("--dumpcore=/tmp", "Invalid option: `--dumpcore=/tmp'\nusage: ")]
    [InlineData("--net:x=tap0", "Resource not declared in manifest: 'x'\nalbatross-tender: Invalid option: `--net:x=tap0'\nusage: ")]
    [InlineData("--block:no-name=x", "Invalid option: `--block:no-name=x'\nusage: ")]
    [InlineData("--net:=tap0", "Invalid option: `--net:=tap0'\nusage: ")]
    public async Task A_bad_option_is_refused(string option, string message)
    {
        using var file = new ImageFile(SampleGuests.Hello());
        await Refuses(["hvt", option, file.Path], message);
    }

    [Theory]
    [InlineData("spt", "Executable is not for the solo5-hvt target: it is for spt")]
    [InlineData("abi-1", "Executable requests unsupported ABI version 1")]
    [InlineData("bad-manifest", "Solo5 manifest is invalid")]
    public async Task An_image_that_is_not_for_this_tender_is_refused(string name, string text)
    {
        using var file = new ImageFile(SampleGuests.ByName[name]());
        await Refuses(["hvt", file.Path], $"{file.Path}: {text}\n");
    }

    [Fact]
    public async Task A_writable_and_executable_segment_is_refused()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.ByName["writable-executable"]());
        string text = "invalid executable: phdr[1] requests WRITE and EXEC permissions";
        await Refuses(["hvt", file.Path], $"{file.Path}: {text}\n");
    }

    [Fact]
    public async Task A_declared_device_that_is_not_attached_is_refused_by_name()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.ByName["net-service"]());
        await Refuses(
            ["hvt", file.Path],
            $"Device 'service' of type NET_BASIC declared but not attached.\n{Prefix}All declared devices must be attached. "
            + "See --help for syntax.\n");
    }

    [Fact]
    public async Task A_command_line_that_is_too_long_is_refused()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.Hello());
        await Refuses(["hvt", file.Path, new string('x', 8192)], "Guest command line too long (max=8191 characters)\n");
    }

    [Fact]
    public async Task An_odd_memory_size_is_rounded_with_a_warning()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.Hello());
        Assert.Equal(
            new TenderRun(0, "hello from x\n", $"{Prefix}adjusting memory to 4194304 bytes\n"),
            await TenderRun.Of("hvt", "--mem=5", "--", file.Path, "x"));
    }

    [Fact]
    public async Task Arguments_behind_the_kernel_are_the_guests_even_if_they_look_like_options()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.Hello());
        TenderRun run = await TenderRun.Of("hvt", "--mem=2", file.Path, "--version", "--", "--mem=x");
        Assert.Equal(new TenderRun(0, "hello from --version -- --mem=x\n", ""), run);
    }

    [Fact]
    public async Task An_argument_that_is_no_UTF_8_reaches_the_guest_unharmed()
    {
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.Hello());
        ProgramCommand tender = Programs.Tender;
        string[] arguments = ["-c", """exec "$@" "$(printf 'a\377\376\300b')" """, "sh", tender.File, .. tender.FirstArguments];
        TenderRun run = await TenderRun.Of("/bin/sh", [.. arguments, "hvt", "--mem=2", file.Path]);
        Assert.Equal(new TenderRun(0, "hello from a\u00ff\u00fe\u00c0b\n", ""), run);
    }

    [Fact]
    public async Task Called_as_solo5_hvt_it_needs_no_subcommand()
    {
        HostRequirement.Kvm();
        ProgramCommand tender = Programs.Tender;
        Assert.SkipWhen(tender.FirstArguments.Count > 0, "needs the published file (ALBATROSS_BIN)");
        using var file = new ImageFile(SampleGuests.Hello());
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        try
        {
            string link = Path.Combine(directory.FullName, "solo5-hvt");
            File.CreateSymbolicLink(link, tender.File);
            Assert.Equal(new TenderRun(0, "hello from x\n", ""), await TenderRun.Of(link, ["--mem=2", file.Path, "x"]));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task SIGTERM_ends_a_running_guest_and_its_process_is_the_one_that_was_started()
    {
        const int EndedBySigterm = 128 + 15;
        HostRequirement.Kvm();
        using var file = new ImageFile(SampleGuests.Idle());
        ProgramCommand tender = Programs.Tender;
        using Process process = TenderRun.Start(tender.File, [.. tender.FirstArguments, "hvt", "--mem=2", file.Path]);
        Assert.Equal("idle", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("hvt-guest\n", File.ReadAllText($"/proc/{process.Id}/comm"));
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(EndedBySigterm, process.ExitCode);
    }

    private static async Task Refuses(string[] arguments, string message)
    {
        TenderRun run = await TenderRun.Of(arguments);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith(Prefix + message, run.Error, StringComparison.Ordinal);
        if (message.EndsWith('\n'))
        {
            Assert.Equal(Prefix + message, run.Error);
        }
    }
}
