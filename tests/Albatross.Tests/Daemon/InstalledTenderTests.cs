using System.Text;
using Albatross.Daemon.Vmmd;
using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;
using Albatross.Tests.Orchestration;

namespace Albatross.Tests.Daemon;

/// <summary>A tender program of the host: what it is asked before it is trusted, and how it is called.</summary>
public sealed class InstalledTenderTests
{
    [Fact]
    public void It_is_called_with_the_documented_options_in_the_originals_order()
    {
        var start = new TenderStart(EffectText.ImageOf('a'), 64, new([0, 1]), "--name=web secret words"u8.ToArray());

        Assert.Equal(
            [
                "--mem=64", "--net:service=vmmtap0", "--net:mgmt=vmmtap1", "--net-mac:service=02:00:00:00:00:01",
                "--net-mac:mgmt=02:00:00:00:00:02", "--block:storage=/db/block/foo:disk", "--block:log=/db/block/foo:log",
                "--block-sector-size:log=4096", "--", "/proc/self/fd/3", "--name=web secret words",
            ],
            Words(start));
    }

    [Fact]
    public void Without_boot_arguments_nothing_follows_the_image()
    {
        var start = new TenderStart(EffectText.ImageOf('a'), 2, new([0]), default);

        Assert.Equal(
            ["--mem=2", "--", "image"],
            InstalledTender.Arguments(start, [], [], "image").Select(word => Encoding.UTF8.GetString(word.Span)));
    }

    [Theory]
    [InlineData("echo 'solo5-hvt tender, version 1'; echo 'ABI version 2'", null)]
    [InlineData("echo 'solo5-hvt tender, version 1' >&2; echo 'ABI version 2' >&2", null)]
    [InlineData("echo 'solo5-hvt tender, version 1'; echo 'ABI version 3'", "it has version 3 of the hvt ABI, and version 2 is needed")]
    [InlineData("echo 'ABI version 2'", "it does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("echo 'solo5-hvt tender, version 1'; echo 'ABI version 2'; exit 1", "--version ends with status 1")]
    public async Task A_program_is_asked_for_its_version_before_it_is_used(string script, string? why)
    {
        string program = Path.GetTempFileName();
        try
        {
            File.WriteAllText(program, $"#!/bin/sh\n[ \"$*\" = --version ] || exit 2\n{script}\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

            Assert.Equal(
                why is null ? null : $"{program} cannot be used as the tender of hvt images: {why}",
                await InstalledTender.WhyNotAsync(program, AbiTarget.Hvt));
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        string? sentence = await InstalledTender.WhyNotAsync("/nonexistent/solo5-spt", AbiTarget.Spt);

        Assert.StartsWith("/nonexistent/solo5-spt cannot be used as the tender of spt images: ", sentence, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Words(TenderStart start)
    {
        (NetOrder, string)[] nets =
        [
            (new NetOrder(RawText.Of("service"), RawText.Of("br0"), new MacAddress(0x02_00_00_00_00_01)), "vmmtap0"),
            (new NetOrder(RawText.Of("mgmt"), RawText.Of("br1"), new MacAddress(0x02_00_00_00_00_02)), "vmmtap1"),
        ];
        (BlockOrder, string)[] blocks =
        [
            (new BlockOrder(RawText.Of("storage"), VmmdScript.NameOf("foo:disk"), 512), "/db/block/foo:disk"),
            (new BlockOrder(RawText.Of("log"), VmmdScript.NameOf("foo:log"), 4096), "/db/block/foo:log"),
        ];
        return InstalledTender.Arguments(start, nets, blocks, "/proc/self/fd/3").Select(word => Encoding.UTF8.GetString(word.Span));
    }
}
