using System.Text;
using Albatross.Guests;
using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tests.Solo5;

/// <summary>The launch of an spt image: refusals, boot information, table and filter.</summary>
public sealed class SptLaunchTests
{
    private const ulong Mac = 0x02_00_00_00_00_2a;
    private static readonly UnikernelImage Image = DeviceImage.Of(GuestTarget.Spt);

    [Fact]
    public void The_boot_information_is_that_of_the_ABI_byte_for_byte()
    {
        SptLaunch launch = Launch(Request([Mgmt(), Storage(), Service()]));
        byte[] boot = LaunchedRows.Part(launch.Executable.Span, 0x11000);
        Assert.Equal(40 + 8 + (4 * 104) + 8192, boot.Length);
        Assert.Equal(
            "0000400000000000" + "0010140000000000" + "d011010000000000" + "2810010000000000" + "03000000" + "07000000", Hex(boot, 0, 40));
        Assert.Equal("0100000004000000", Hex(boot, 40, 8));
        Assert.Equal("020000000" + "02adc05" + "0000000000000000" + "0600000000000000" + "0100000000000000", Hex(boot, 48 + 104 + 72, 32));
        Assert.Equal("00000100010000000010000000000000" + "0500000000000000" + "0100000000000000", Hex(boot, 48 + 208 + 72, 32));
        Assert.Equal("02000000002b28230000000000000000" + "0400000000000000" + "0100000000000000", Hex(boot, 48 + 312 + 72, 32));
        Assert.Equal("61ff6200", Hex(boot, 0x1d0, 4));
    }

    [Fact]
    public void The_table_plays_memory_waiting_and_confinement_in_this_order()
    {
        int[] expected =
        [
            SystemCallNumber.CloseRange, SystemCallNumber.Mmap,
            SystemCallNumber.Pread, SystemCallNumber.Mprotect,
            SystemCallNumber.Pread, SystemCallNumber.Mprotect,
            SystemCallNumber.Close,
            SystemCallNumber.EpollCreate1, SystemCallNumber.TimerfdCreate,
            SystemCallNumber.EpollCtl, SystemCallNumber.EpollCtl, SystemCallNumber.EpollCtl,
            SystemCallNumber.SchedSetaffinity,
            .. LaunchedRows.BasicConfinement(limits: 6),
        ];
        SptLaunch launch = Launch(Request([Mgmt(), Storage(), Service()]) with { Cpus = [0] });
        List<LaunchedRow> rows = LaunchedRows.All(launch.Executable.Span, SptLayout.FirstRow);
        Assert.Equal([.. expected, -1], rows.Select(row => row.Number));
        Assert.Equal(expected.Length, launch.RowCount);
        Assert.Equal([0x40_0000 - 8, 0x11000, 0x10_0000], rows[^1].Arguments[..3]);

        // The segments' own protection: the text is executable and not readable, the data can be read and written.
        Assert.Equal([4UL, 3], rows.Where(row => row.Number == SystemCallNumber.Mprotect).Select(row => row.Arguments[2]));

        // epoll: the timer, then the taps by their handles.
        LaunchedRow[] watches = [.. rows.Where(row => row.Number == SystemCallNumber.EpollCtl)];
        Assert.Equal([7UL, 4, 6], watches.Select(row => row.Arguments[2]));
        Assert.Equal(
            ["01000000feffffff00000000", "010000000300000000000000", "010000000100000000000000"],
            watches.Select(row => Convert.ToHexStringLower(row.DataAt(row.Arguments[3], 12))));
    }

    [Fact]
    public void Inherited_descriptors_are_moved_to_their_places_first()
    {
        SptLaunch launch = Launch(Request([Mgmt(), Storage(), Service()]) with { InheritedAt = [100, 90, 80, 70] });
        List<LaunchedRow> rows = LaunchedRows.Of(launch.Executable.Span, SptLayout.FirstRow);
        Assert.Equal(
            [(100UL, 3UL), (90, 4), (80, 5), (70, 6)],
            rows.TakeWhile(row => row.Number == SystemCallNumber.Dup3).Select(row => (row.Arguments[0], row.Arguments[1])));
        Assert.Equal((SystemCallNumber.CloseRange, 7UL), (rows[4].Number, rows[4].Arguments[0]));
    }

    [Theory]
    [InlineData(HeapAccess.ReadWrite, 3)]
    [InlineData(HeapAccess.ReadWriteExecute, 7)]
    public void The_heap_has_the_access_that_was_asked_for(HeapAccess access, ulong protection)
    {
        SptLaunch launch = Launch(Request([Mgmt(), Storage(), Service()]) with { Heap = access });
        LaunchedRow map = LaunchedRows.Of(launch.Executable.Span, SptLayout.FirstRow).First(row => row.Number == SystemCallNumber.Mmap);
        Assert.Equal([0x10_0000UL, 0x30_0000, protection], map.Arguments[..3]);
    }

    [Fact]
    public void Devices_are_checked_as_for_hvt()
    {
        Assert.False(SptLaunch.TryBuild(Request([Mgmt()]), out _, out ImageRefusal? refusal));
        Assert.Equal(
            new ImageRefusal(
                ImageRefusalCode.DevicesNotAttached,
                "All declared devices must be attached, and these are not: 'service' (NET_BASIC), 'storage' (BLOCK_BASIC)"),
            refusal);
    }

    [Fact]
    public void An_image_for_hvt_is_refused()
    {
        SptLaunchRequest request = Request([]) with { Image = DeviceImage.Of(GuestTarget.Hvt) };
        Assert.False(SptLaunch.TryBuild(request, out _, out ImageRefusal? refusal));
        Assert.Equal(new ImageRefusal(ImageRefusalCode.WrongTarget, "Executable is not for the solo5-spt target: it is for hvt"), refusal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sixty_three_devices_fit(bool disks)
    {
        var guest = new GuestBuilder(GuestTarget.Spt);
        for (int i = 0; i < 63; i++)
        {
            _ = disks ? guest.Block($"d{i}") : guest.Net($"d{i}");
        }

        guest.Halt(0);
        Assert.True(UnikernelImage.TryParse(guest.Build(), out UnikernelImage? image, out _));
        DeviceAttachment[] devices = [.. image.Manifest.Devices.Select(DeviceAttachment (entry) => disks
            ? new DeviceAttachment.Block(entry, (ulong)entry.Index << 31)
            : new DeviceAttachment.Net(entry, Mac, 1500))];
        SptLaunch launch = Launch(Request(devices) with { Image = image });
        Assert.InRange(launch.FilterLength, 100, 4095);
    }

    private static string Hex(byte[] bytes, int at, int count) => Convert.ToHexStringLower(bytes, at, count);

    private static SptLaunch Launch(SptLaunchRequest request) => SptLaunch.TryBuild(request, out SptLaunch? launch, out ImageRefusal? refusal)
        ? launch
        : throw new InvalidOperationException(refusal.Text);

    private static DeviceAttachment.Net Service() => new(Image.Manifest.Entries[1], Mac, 1500);

    private static DeviceAttachment.Net Mgmt() => new(Image.Manifest.Entries[3], Mac + 1, 9000);

    private static DeviceAttachment.Block Storage() => new(Image.Manifest.Entries[2], 0x1_0001_0000, 4096);

    private static SptLaunchRequest Request(DeviceAttachment[] devices)
    {
        Assert.True(GuestMemorySize.TryFromMebibytes(4, AbiTarget.Spt, out GuestMemorySize memory, out _));
        return new SptLaunchRequest
        {
            Image = Image,
            Memory = memory,
            CommandLine = Encoding.Latin1.GetBytes("a\u00ffb"),
            ImageAccess = ImageAccess.Share,
            Devices = [.. devices],
        };
    }
}
