using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.Tests.Linux;

public sealed class SandboxSupportTests
{
    [Fact]
    public void Rights_are_read_from_the_status_of_a_process() => Assert.Equal(
        new ProcessRights(0xff, 0x1ff_feff_ffff),
        ProcessRights.Parse("Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t00000000000000ff\nCapBnd:\t000001fffeffffff\n"));

    [Theory]
    [InlineData("")]
    [InlineData("CapEff:\t0\n")]
    [InlineData("CapEff:\tx\nCapBnd:\t0\n")]
    public void A_status_without_rights_is_none(string status) => Assert.Throws<FormatException>(() => ProcessRights.Parse(status));

    [Fact]
    public void A_map_of_users_is_read() => Assert.Equal(
        [(0u, 1u), (1u, 65535u), (0u, uint.MaxValue)],
        SandboxSupport.ParseIdMap("         0       1000          1\n         1     100000      65535\n 0 0 4294967295\n"));

    [Fact]
    public void This_process_has_a_user_and_a_group()
    {
        SandboxSupport support = SandboxSupport.Probe();
        Assert.NotEmpty(support.Users);
        Assert.NotEmpty(support.Groups);
        Assert.InRange(support.LandlockVersion, 0, 1000);
    }

    [Fact]
    public void What_no_process_can_give_up_cannot_be_given_up_here()
    {
        const ulong NoNamespace = 1UL << 63;
        Assert.False(SandboxSupport.CanUnshare(NoNamespace, LauncherCode.SpawnStub));
        Assert.True(SandboxSupport.CanUnshare(0, LauncherCode.SpawnStub));
    }

    [Fact]
    public void An_empty_directory_has_no_name_and_nothing_can_be_made_in_it()
    {
        using EmptyDirectory? directory = EmptyDirectory.TryCreate();
        Assert.NotNull(directory);
        string path = $"/proc/self/fd/{directory.Number}";
        Assert.EndsWith(" (deleted)", Directory.ResolveLinkTarget(path, returnFinalTarget: false)!.FullName, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(path + "/"));
        Assert.ThrowsAny<IOException>(() => Directory.CreateDirectory(path + "/x"));
        Assert.ThrowsAny<IOException>(() => File.Create(path + "/y"));
    }
}
