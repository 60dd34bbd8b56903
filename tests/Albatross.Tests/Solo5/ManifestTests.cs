using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

public sealed class ManifestTests
{
    [Fact]
    public void Devices_are_listed_in_their_order_with_handle_type_and_name()
    {
        Manifest manifest = ManifestOf(g =>
        {
            g.Net("service");
            g.Block("storage");
        });
        Assert.Equal(
            [(1, DeviceType.Net, "service"), (2, DeviceType.Block, "storage")],
            manifest.Devices.Select(device => (device.Index, device.Type, device.Name)));
        Assert.Equal(3, manifest.Entries.Length);
    }

    [Fact]
    public void A_device_is_found_by_name_and_type_together()
    {
        Manifest manifest = ManifestOf(g => g.Net("service"));
        Assert.Equal(1, manifest.Find("service"u8, DeviceType.Net)?.Index);
        Assert.Null(manifest.Find("service"u8, DeviceType.Block));
        Assert.Null(manifest.Find("servic"u8, DeviceType.Net));
    }

    [Fact]
    public void A_name_from_a_crafted_file_is_printed_without_its_control_characters()
    {
        Manifest manifest = ManifestOf(g => g.Net("a\u001b[2J b"));
        Assert.Equal("a\\x1b[2J\\x20b", manifest.Entries[1].Name);
    }

    [Theory]
    [InlineData("tiny-net1.hvt", "service NET_BASIC")]
    [InlineData("tiny-net3.hvt", "service NET_BASIC, mgmt NET_BASIC, lan NET_BASIC")]
    [InlineData("tiny-blk2.hvt", "storage BLOCK_BASIC, data BLOCK_BASIC")]
    [InlineData("tiny-hello.hvt", "")]
    public void Golden_images_declare_the_devices_that_are_written_beside_them(string file, string devices)
    {
        byte[] bytes = File.ReadAllBytes(GoldenFiles.PathOf(Path.Combine("images", file)));
        Assert.True(UnikernelImage.TryParse(bytes, out UnikernelImage? image, out _));
        Assert.Equal(devices, string.Join(", ", image.Manifest.Devices.Select(d => $"{d.Name} {d.Type.ManifestName()}")));
        Assert.Equal((ulong)bytes.Length, image.FileSizeBytes);
    }

    private static Manifest ManifestOf(Action<GuestBuilder> declare)
    {
        var guest = new GuestBuilder();
        declare(guest);
        guest.Halt(0);
        Assert.True(UnikernelImage.TryParse(guest.Build(), out UnikernelImage? image, out _));
        return image.Manifest;
    }
}
