using System.Text;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.HostTests.Tender;

/// <summary>Both targets with a device, started by a resident process.</summary>
public sealed class ResidentDeviceTests
{
    [Theory]
    [InlineData(GuestTarget.Hvt, ImageAccess.Share)]
    [InlineData(GuestTarget.Hvt, ImageAccess.Copy)]
    [InlineData(GuestTarget.Spt, ImageAccess.Share)]
    [InlineData(GuestTarget.Spt, ImageAccess.Copy)]
    public void A_unikernel_runs_with_a_disk_whether_its_image_is_shared_or_copied(GuestTarget target, ImageAccess access)
    {
        _ = target.Command();
        using var disk = new BlockFile(1 << 20);
        using BlockDevice block = BlockDevice.Open(Encoding.UTF8.GetBytes(disk.Path));
        using var unikernel = new ResidentUnikernel(target, DeviceGuests.BlockCheck(4096, target), access, disk: block);
        Assert.Equal(("SUCCESS\n", new ProcessExit(ProcessExitKind.Exited, 0)), unikernel.RunToEnd());
    }
}
