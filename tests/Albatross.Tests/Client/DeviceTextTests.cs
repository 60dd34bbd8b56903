using Albatross.Client;
using Albatross.Client.Verbs;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Client;

/// <summary>Devices as they are typed: NAME[:DEVICE][@SECTORSIZE] and [NAME:]BRIDGE[@MAC].</summary>
public sealed class DeviceTextTests
{
    [Theory]
    [InlineData("storage", "storage", null, null)]
    [InlineData("storage:data0", "storage", "data0", null)]
    [InlineData("storage@512", "storage", null, 512L)]
    [InlineData("storage:data0@4096", "storage", "data0", 4096L)]
    [InlineData("storage:data0@1099511627776", "storage", "data0", 1L << 40)]
    public void A_block_device_is_a_name_and_perhaps_a_device_and_a_sector_size(string text, string name, string? device, long? sectorSize)
    {
        BlockAttachment block = DeviceText.Block(text);

        Assert.Equal((name, device, sectorSize), (block.Name.ToString(), block.HostDevice?.ToString(), block.SectorSize));
    }

    [Theory]
    [InlineData("a@")]
    [InlineData("a@0")]
    [InlineData("a@256")]
    [InlineData("a@513")]
    [InlineData("a@1000")]
    [InlineData("a@-512")]
    [InlineData("a@+512")]
    [InlineData("a@512x")]
    [InlineData("a@9223372036854775808")]
    public void A_sector_size_is_a_power_of_two_from_512_on(string text)
    {
        ClientException refused = Assert.Throws<ClientException>(() => DeviceText.Block(text));

        Assert.Equal(($"{text}: a sector size is a power of two and at least 512", 124), (refused.Message, refused.Status));
    }

    [Theory]
    [InlineData("service", "service", null, null)]
    [InlineData("net:br0", "net", "br0", null)]
    [InlineData("service@00:80:41:cd:8a:eb", "service", null, "00:80:41:cd:8a:eb")]
    [InlineData("net:br0@FF:ff:0a:0B:00:01", "net", "br0", "ff:ff:0a:0b:00:01")]
    public void An_interface_is_a_bridge_and_perhaps_a_name_and_an_address(string text, string name, string? bridge, string? mac)
    {
        NetAttachment net = DeviceText.Net(text);

        Assert.Equal((name, bridge, mac), (net.Name.ToString(), net.Bridge?.ToString(), net.Mac?.ToString()));
        Assert.Equal(bridge ?? name, net.HostBridge.ToString());
    }

    [Theory]
    [InlineData("a@")]
    [InlineData("a@00:80:41:cd:8a")]
    [InlineData("a@00:80:41:cd:8a:eb:00")]
    [InlineData("a@0:80:41:cd:8a:eb")]
    [InlineData("a@000:80:41:cd:8a:e")]
    [InlineData("a@00:80:41:cd:8a:eg")]
    [InlineData("a@00-80-41-cd-8a-eb")]
    [InlineData("a@00:80:41:cd:8a: b")]
    public void An_Ethernet_address_is_six_pairs(string text)
    {
        ClientException refused = Assert.Throws<ClientException>(() => DeviceText.Net(text));

        Assert.Equal(
            ($"{text}: an Ethernet address is six pairs of hexadecimal digits, joined by ':'", 124), (refused.Message, refused.Status));
    }
}
