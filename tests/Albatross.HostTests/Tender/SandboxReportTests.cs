using System.Diagnostics;
using Albatross.Guests;

namespace Albatross.HostTests.Tender;

/// <summary>What the tender on the command line makes of the sandbox: all of it as root, and a line about the rest as somebody else.</summary>
public sealed class SandboxReportTests
{
    public SandboxReportTests() => HostRequirement.Root();

    [Theory]
    [InlineData(GuestTarget.Spt)]
    [InlineData(GuestTarget.Hvt)]
    public async Task Roots_unikernel_has_a_user_of_its_own_no_capability_an_empty_root_and_its_limits(GuestTarget target)
    {
        ProgramCommand tender = Programs.Tender;
        using var image = new ImageFile(SampleGuests.Idle(target));
        string[] words = [.. tender.FirstArguments, target.Command(), "--mem=2", image.Path];
        using Process process = TenderRun.Start(tender.File, words);
        Assert.Equal("idle", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        string proc = $"/proc/{process.Id}";
        Dictionary<string, string> status = File.ReadAllLines($"{proc}/status")
            .Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim());
        string root = Directory.ResolveLinkTarget($"{proc}/root", returnFinalTarget: false)!.FullName;
        string directory = Directory.ResolveLinkTarget($"{proc}/cwd", returnFinalTarget: false)!.FullName;
        string[] limits = File.ReadAllLines($"{proc}/limits");
        string[] maps = File.ReadAllLines($"{proc}/maps");
        process.Kill();

        uint user = 0x7000_0000 + (uint)process.Id;
        Assert.Equal(string.Join('\t', Enumerable.Repeat(user, 4)), status["Uid"]);
        Assert.Equal(string.Join('\t', Enumerable.Repeat(user, 4)), status["Gid"]);
        Assert.Equal("", status["Groups"]);
        Assert.All(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], name => Assert.Equal("0000000000000000", status[name]));
        Assert.Equal(("1", "2", "1"), (status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]));
        Assert.EndsWith(" (deleted)", root, StringComparison.Ordinal);
        Assert.Equal(root, directory);
        Assert.DoesNotContain(maps, map => map.EndsWith("[stack]", StringComparison.Ordinal));
        int descriptors = target == GuestTarget.Hvt ? 1 : 0;
        (string Name, int Limit)[] expected =
        [
            ("core file size", 0), ("file size", 0), ("open files", descriptors), ("locked memory", 0), ("address space", 0),
        ];
        Assert.All(expected, limit => Assert.Contains(limits, line =>
            string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .StartsWith($"Max {limit.Name} {limit.Limit} {limit.Limit} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Another_users_unikernel_runs_and_the_user_is_told_what_only_root_can_have()
    {
        HostRequirement.Program("setpriv");
        ProgramCommand tender = Programs.Tender;
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        File.SetUnixFileMode(image.Path, (UnixFileMode)0b100_100_100);
        string[] words = ["--reuid=65534", "--regid=65534", "--clear-groups", tender.File];
        TenderRun run = await TenderRun.Of("setpriv", [.. words, .. tender.FirstArguments, "spt", "--mem=2", image.Path, "nobody"]);
        Assert.Equal(
            new TenderRun(
                0, "hello from nobody\n", "albatross-tender: sandbox without own user, empty root, capability bounds (not root)\n"),
            run);
    }

    [Fact]
    public async Task Root_of_a_user_namespace_without_users_keeps_its_own()
    {
        HostRequirement.Program("unshare");
        ProgramCommand tender = Programs.Tender;
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        TenderRun run = await TenderRun.Of(
            "unshare", ["-r", tender.File, .. tender.FirstArguments, "spt", "--mem=2", image.Path, "inside"]);
        Assert.Equal(
            new TenderRun(0, "hello from inside\n", "albatross-tender: sandbox without own user (not in this user namespace)\n"), run);
    }
}
