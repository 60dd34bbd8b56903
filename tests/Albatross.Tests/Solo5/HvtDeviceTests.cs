using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Solo5;

/// <summary>Devices of an hvt launch: what is refused (section 2 of the ABI description), and what guest, run loop and kernel are told.</summary>
public sealed class HvtDeviceTests
{
    private const ulong Mac = 0x02_00_00_00_00_2a;

    /// <summary>Handles: 1 net "service", 2 block "storage", 3 net "mgmt".</summary>
    private static readonly UnikernelImage Image = DeviceImage.Of(GuestTarget.Hvt);

    private static readonly Dictionary<string, (Func<DeviceAttachment[]> Devices, ImageRefusalCode? Code, string? Text)> Rows = new()
    {
        ["all three"] = (() => [Service(), Storage(), Mgmt()], null, null),
        ["all three in another order"] = (() => [Mgmt(), Storage(), Service()], null, null),
        ["none"] = (
            () => [],
            ImageRefusalCode.DevicesNotAttached,
            "All declared devices must be attached, and these are not: 'service' (NET_BASIC), 'storage' (BLOCK_BASIC), 'mgmt' (NET_BASIC)"),
        ["one missing"] = (
            () => [Service(), Mgmt()],
            ImageRefusalCode.DevicesNotAttached,
            "All declared devices must be attached, and these are not: 'storage' (BLOCK_BASIC)"),
        ["one twice"] = (() => [Service(), Storage(), Service()], ImageRefusalCode.InvalidDevice, "service: attached twice"),
        ["a disk as network"] = (
            () => [new DeviceAttachment.Net(Entry(2), Mac, 1500)],
            ImageRefusalCode.DeviceNotDeclared,
            "'storage' is declared as BLOCK_BASIC and cannot be a network interface"),
        ["a network as disk"] = (
            () => [new DeviceAttachment.Block(Entry(1), 512)],
            ImageRefusalCode.DeviceNotDeclared,
            "'service' is declared as NET_BASIC and cannot be a block device"),
        ["the reserved entry"] = (
            () => [new DeviceAttachment.Block(Entry(0), 512)],
            ImageRefusalCode.DeviceNotDeclared,
            "'' is declared as RESERVED_FIRST and cannot be a block device"),
        ["an entry of another image"] = (
            () => [new DeviceAttachment.Net(DeviceImage.Of(GuestTarget.Hvt).Manifest.Entries[1], Mac, 1500)],
            ImageRefusalCode.DeviceNotDeclared,
            "Resource not declared in manifest: 'service'"),
        ["half a sector"] = (
            () => [Storage(6144, 4096)],
            ImageRefusalCode.InvalidDevice,
            "storage: Backing storage size must be block aligned (4096 bytes)"),
        ["an empty disk"] = (
            () => [Storage(0)],
            ImageRefusalCode.InvalidDevice,
            "storage: Backing storage must be at least 1 block (512 bytes) in size"),
        ["a disk of 2^63 bytes"] = (
            () => [Storage(1UL << 63)], ImageRefusalCode.InvalidDevice, "storage: Backing storage is too large"),
        ["an odd sector size"] = (() => [Storage(521 * 4, 521)], ImageRefusalCode.InvalidDevice, BadSector),
        ["a sector size of 256"] = (() => [Storage(4096, 256)], ImageRefusalCode.InvalidDevice, BadSector),
        ["a sector size of 65536"] = (() => [Storage(65536, 65536)], ImageRefusalCode.InvalidDevice, BadSector),
        ["a sector size of 0"] = (() => [Storage(4096, 0)], ImageRefusalCode.InvalidDevice, BadSector),
        ["the largest sector"] = (() => [Service(), Storage(32768, 32768), Mgmt()], null, null),
        ["an MTU of 67"] = (
            () => [new DeviceAttachment.Net(Entry(1), Mac, 67)],
            ImageRefusalCode.InvalidDevice,
            "service: an MTU has 68 to 65535 bytes, not 67"),
        ["an MTU of 65536"] = (
            () => [new DeviceAttachment.Net(Entry(1), Mac, 65536)],
            ImageRefusalCode.InvalidDevice,
            "service: an MTU has 68 to 65535 bytes, not 65536"),
        ["no address"] = (
            () => [new DeviceAttachment.Net(Entry(1), 0, 1500)],
            ImageRefusalCode.InvalidDevice,
            "service: 000000000000 is no Ethernet address"),
        ["an address of seven bytes"] = (
            () => [new DeviceAttachment.Net(Entry(1), 1UL << 48, 1500)],
            ImageRefusalCode.InvalidDevice,
            "service: 1000000000000 is no Ethernet address"),
    };

    private const string BadSector = "Block size must be a multiple of 2 greater than or equal 512";

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Devices_are_taken_or_refused(string name)
    {
        (Func<DeviceAttachment[]> devices, ImageRefusalCode? code, string? text) = Rows[name];
        bool built = HvtLaunch.TryBuild(Request(devices()), out _, out ImageRefusal? refusal);
        Assert.Equal((code is null, code, text), (built, refusal?.Code, refusal?.Text));
    }

    [Fact]
    public void A_name_that_is_not_declared_is_refused_with_it() => Assert.Equal(
        (false, new ImageRefusal(ImageRefusalCode.DeviceNotDeclared, "Resource not declared in manifest: 'x\\x0a'")),
        (Image.Manifest.TryFind("x\n"u8, DeviceType.Net, out _, out ImageRefusal? refusal), refusal));

    [Fact]
    public void The_guests_copy_of_the_manifest_has_attached_entries_filled_in_and_no_descriptors()
    {
        byte[] copy = Image.Manifest.GuestCopy([Mgmt(), Storage(0x1_0000_1000, 4096)], firstDescriptor: null);
        Assert.Equal(8 + (4 * 104), copy.Length);
        Assert.Equal("0100000004000000", Hex(copy, 0, 8));

        // name and type, union, private field, attached and padding
        Assert.Equal("00000000000000000000000000000000" + "0000000000000000" + "0000000000000000", Hex(copy, 8 + 104 + 72, 32));
        Assert.Equal("73746f7261676500", Hex(copy, 8 + 208, 8));
        Assert.Equal("01000000", Hex(copy, 8 + 208 + 68, 4));
        Assert.Equal("00100000010000000010000000000000" + "0000000000000000" + "0100000000000000", Hex(copy, 8 + 208 + 72, 32));
        Assert.Equal("02000000", Hex(copy, 8 + 312 + 68, 4));
        Assert.Equal("02000000002b28230000000000000000" + "0000000000000000" + "0100000000000000", Hex(copy, 8 + 312 + 72, 32));
    }

    [Fact]
    public void Descriptors_follow_the_order_of_the_request_and_handles_that_of_the_manifest()
    {
        ImmutableArray<AttachedDevice> devices = AttachedDevice.From([Mgmt(), Storage(4096, 1024), Service()], firstDescriptor: 6);
        Assert.Equal(
            [
                new AttachedDevice(3, DeviceType.Net, 6, 0, 0),
                new AttachedDevice(2, DeviceType.Block, 7, 4096, 1024),
                new AttachedDevice(1, DeviceType.Net, 8, 0, 0),
            ],
            devices);

        byte[] scratch = HvtConstants.BuildScratch(devices);
        int[] polled = [.. Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadInt32LittleEndian(scratch.AsSpan(1024 + (8 * i))))];
        Assert.Equal([LaunchDescriptors.Timer, 8, -1, 6], polled);
        Assert.Equal(1024 + (4 * 8), scratch.Length);
    }

    [Theory]
    [InlineData(ConsoleKind.Stream, 1)]
    [InlineData(ConsoleKind.File, 0)]
    public void A_disk_limits_the_size_of_files_unless_the_console_is_one(ConsoleKind console, int limits)
    {
        HvtLaunchRequest request = Request([Service(), Storage(1 << 20), Mgmt()]) with { Console = console };
        Assert.True(HvtLaunch.TryBuild(request, out HvtLaunch? launch, out _));
        Assert.Equal(limits, Limits(launch, 1 << 20));
    }

    [Fact]
    public void Without_a_disk_no_file_may_grow()
    {
        Assert.True(UnikernelImage.TryParse(DeviceGuests.NetDeclared(), out UnikernelImage? image, out _));
        DeviceAttachment net = new DeviceAttachment.Net(image.Manifest.Entries[1], Mac, 1500);
        Assert.True(HvtLaunch.TryBuild(Request([net]) with { Image = image }, out HvtLaunch? launch, out _));
        Assert.Equal(1, Limits(launch, 0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sixty_three_devices_fit(bool disks)
    {
        var guest = new GuestBuilder();
        for (int i = 0; i < 63; i++)
        {
            _ = disks ? guest.Block($"d{i}") : guest.Net($"d{i}");
        }

        guest.Halt(0);
        Assert.True(UnikernelImage.TryParse(guest.Build(), out UnikernelImage? image, out _));
        DeviceAttachment[] devices = [.. image.Manifest.Devices.Select(DeviceAttachment (entry) => disks
            ? new DeviceAttachment.Block(entry, (ulong)entry.Index << 31)
            : new DeviceAttachment.Net(entry, Mac, 1500))];
        Assert.True(HvtLaunch.TryBuild(Request(devices) with { Image = image }, out HvtLaunch? launch, out ImageRefusal? refusal), refusal?.Text);
        Assert.InRange(launch.FilterLength, 100, 4095);
    }

    [Fact]
    public void An_image_for_spt_is_refused()
    {
        Assert.True(UnikernelImage.TryParse(SampleGuests.Exit(0, GuestTarget.Spt), out UnikernelImage? image, out _));
        Assert.False(HvtLaunch.TryBuild(Request([]) with { Image = image }, out _, out ImageRefusal? refusal));
        Assert.Equal(new ImageRefusal(ImageRefusalCode.WrongTarget, "Executable is not for the solo5-hvt target: it is for spt"), refusal);
    }

    private static int Limits(HvtLaunch launch, ulong bytes)
    {
        const ulong FileSize = 1;
        return LaunchedRows.Of(launch.Executable.Span, ConstantsLayout.FirstRow).Count(row =>
            row.Number == SystemCallNumber.Setrlimit && row.Arguments[0] == FileSize && row.Data(16).SequenceEqual([.. Word(bytes), .. Word(bytes)]));
    }

    private static byte[] Word(ulong value) => BitConverter.GetBytes(value);

    private static string Hex(byte[] bytes, int at, int count) => Convert.ToHexStringLower(bytes, at, count);

    private static ManifestEntry Entry(int handle) => Image.Manifest.Entries[handle];

    private static DeviceAttachment.Net Service() => new(Entry(1), Mac, 1500);

    private static DeviceAttachment.Net Mgmt() => new(Entry(3), Mac + 1, 9000);

    private static DeviceAttachment.Block Storage(ulong capacity = 1 << 20, int sector = 512) => new(Entry(2), capacity, sector);

    private static HvtLaunchRequest Request(DeviceAttachment[] devices) => new()
    {
        Image = Image,
        Memory = ImageBytes.Memory(),
        CommandLine = default,
        Kvm = new KvmFacts(12288, new byte[48]),
        ImageAccess = ImageAccess.Share,
        Devices = [.. devices],
    };
}
