using Albatross.Policy;
using Albatross.Policy.Names;

namespace Albatross.Tests.Policy;

public sealed class BridgeMacTests
{
    [Theory]
    [InlineData("service", ":hello", "00:80:41:cd:8a:eb")]
    [InlineData("service", "foo:hello", "00:80:41:df:aa:23")]
    [InlineData("default", "foo:bar", "00:80:41:9a:6f:39")]
    public void The_address_is_the_one_that_the_original_was_seen_to_give(string device, string name, string mac)
    {
        Assert.True(Name.TryParse(name, out Name parsed, out _));

        Assert.Equal(mac, BridgeMac.Of(RawText.Of(device), parsed).ToString());
    }

    [Fact]
    public void The_device_counts_byte_for_byte_and_the_name_as_it_is_printed()
    {
        Assert.True(Name.TryParse("Foo:Bar", out Name name, out _));
        byte[] device = [0xff, 0x00, 0x20];

        // printf '\377\000 foo:bar' | md5sum
        Assert.Equal("00:80:41:44:10:43", BridgeMac.Of(new RawText(device), name).ToString());
    }
}
