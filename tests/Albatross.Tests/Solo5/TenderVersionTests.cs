using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

/// <summary>What a program says of itself that is to be a tender.</summary>
public sealed class TenderVersionTests
{
    [Theory]
    [InlineData("solo5-hvt tender, version v0.12.1\nABI version 2\n", AbiTarget.Hvt, "solo5-hvt", "v0.12.1")]
    [InlineData("solo5-spt.2 tender, version v0.9\nABI version 2\n", AbiTarget.Spt, "solo5-spt.2", "v0.9")]
    [InlineData("albatross-tender tender, version 0.1.0\r\nABI version 2\r\n", AbiTarget.Spt, "albatross-tender", "0.1.0")]
    [InlineData("warning: old kernel\nx tender, version 1 (built by hand)\nABI version 2", AbiTarget.Hvt, "x", "1 (built by hand)")]
    public void A_tender_tells_its_name_and_versions(string printed, AbiTarget target, string program, string version)
    {
        Assert.True(TenderVersion.TryParse(printed, target, out TenderVersion? read, out _));
        Assert.Equal(new TenderVersion(program, version, 2), read);
    }

    [Theory]
    [InlineData("", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("solo5-hvt tender, version v0.12.1\n", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("ABI version 2\n", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData(" tender, version 1\nABI version 2\n", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("a tender, version 1\nABI version two\n", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("a tender, version 1\nABI version -2\n", "does not print 'PROGRAM tender, version V' and 'ABI version N'")]
    [InlineData("a tender, version 1\nABI version 1\n", "has version 1 of the hvt ABI, and version 2 is needed")]
    [InlineData("solo5-spt tender, version 1\nABI version 2\n", "calls itself solo5-spt: that is the tender of spt images")]
    public void What_is_no_tender_of_the_target_is_refused_with_the_reason(string printed, string why)
    {
        Assert.False(TenderVersion.TryParse(printed, AbiTarget.Hvt, out TenderVersion? read, out string? said));
        Assert.Equal((null, why), (read, said));
    }
}
