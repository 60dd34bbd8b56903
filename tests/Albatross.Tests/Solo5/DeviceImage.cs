using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

/// <summary>An image with three devices: handles 1 net "service", 2 block "storage", 3 net "mgmt".</summary>
internal static class DeviceImage
{
    internal static UnikernelImage Of(GuestTarget target)
    {
        var guest = new GuestBuilder(target);
        guest.Net("service");
        guest.Block("storage");
        guest.Net("mgmt");
        guest.Halt(0);
        Assert.True(UnikernelImage.TryParse(guest.Build(), out UnikernelImage? image, out _));
        return image;
    }
}
