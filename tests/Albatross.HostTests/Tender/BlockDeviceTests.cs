using Albatross.Guests;

namespace Albatross.HostTests.Tender;

/// <summary>Block devices under the real tenders: the expectations blk … and mft_maxdevices of the specifications.</summary>
public sealed class BlockDeviceTests
{
    private const string Prefix = "albatross-tender: ";
    private const long Capacity = 4 << 20;

    [Theory]
    [InlineData(GuestTarget.Hvt, 512)]
    [InlineData(GuestTarget.Hvt, 4096)]
    [InlineData(GuestTarget.Hvt, 32768)]
    [InlineData(GuestTarget.Spt, 512)]
    [InlineData(GuestTarget.Spt, 4096)]
    [InlineData(GuestTarget.Spt, 32768)]
    public async Task A_sector_is_written_and_read_back_and_nothing_beyond_the_end(GuestTarget target, int sectorBytes)
    {
        using var image = new ImageFile(DeviceGuests.BlockCheck(sectorBytes, target));
        using var disk = new BlockFile(Capacity);
        TenderRun run = await TenderRun.Of(
            target.Command(), "--mem=2", $"--block:storage={disk.Path}", $"--block-sector-size:storage={sectorBytes}", "--", image.Path);
        Assert.Equal(new TenderRun(0, "SUCCESS\n", ""), run);
        byte[] bytes = disk.Bytes;
        Assert.Equal(Capacity, bytes.Length);
        Assert.Equal(-1, bytes.AsSpan(0, sectorBytes).IndexOfAnyExcept((byte)0));
        Assert.Equal([0, 7, 14, 21], bytes[sectorBytes..(sectorBytes + 4)]);
        Assert.Equal(-1, bytes.AsSpan(2 * sectorBytes).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_console_that_is_a_file_may_grow_beyond_the_disk(GuestTarget target)
    {
        // 4096 bytes a call, and a disk of one sector.
        using var image = new ImageFile(DeviceGuests.SpewerWithDisk(lines: 20, target));
        using var disk = new BlockFile(512);
        using var console = new BlockFile(0);
        ProgramCommand tender = Programs.Tender;
        string[] words = ["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", console.Path, tender.File, .. tender.FirstArguments];
        TenderRun run = await TenderRun.Of(
            "/bin/sh", [.. words, target.Command(), "--mem=2", $"--block:storage={disk.Path}", image.Path]);
        Assert.Equal((new TenderRun(0, "", ""), 20 * 4096L), (run, console.Length));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt, 63)]
    [InlineData(GuestTarget.Hvt, 7)]
    [InlineData(GuestTarget.Spt, 63)]
    [InlineData(GuestTarget.Spt, 7)]
    public async Task Many_disks_are_told_apart(GuestTarget target, int count)
    {
        using var image = new ImageFile(DeviceGuests.ManyDisks(count, target));
        BlockFile[] disks = [.. Enumerable.Range(0, count).Select(_ => new BlockFile(512))];
        try
        {
            string[] options = [.. disks.Select((disk, i) => $"--block:storage{i + 1}={disk.Path}")];
            Assert.Equal(
                new TenderRun(0, "SUCCESS\n", ""), await TenderRun.Of([target.Command(), "--mem=2", .. options, "--", image.Path]));
            Assert.All(disks.Select((disk, i) => (disk, i)), one => Assert.Equal((byte)(one.i + 1), one.disk.Bytes[0]));
        }
        finally
        {
            Array.ForEach(disks, disk => disk.Dispose());
        }
    }

    [Theory]
    [InlineData(GuestTarget.Hvt, 6144, 4096, "storage: Backing storage size must be block aligned (4096 bytes)\n")]
    [InlineData(GuestTarget.Hvt, 0, 512, "storage: Backing storage must be at least 1 block (512 bytes) in size\n")]
    [InlineData(GuestTarget.Spt, 6144, 4096, "storage: Backing storage size must be block aligned (4096 bytes)\n")]
    [InlineData(GuestTarget.Spt, 0, 512, "storage: Backing storage must be at least 1 block (512 bytes) in size\n")]
    public async Task A_file_of_another_size_is_refused(GuestTarget target, long bytes, int sectorBytes, string message)
    {
        using var image = new ImageFile(DeviceGuests.BlockCheck(512, target));
        using var disk = new BlockFile(bytes);
        TenderRun run = await TenderRun.Of(
            target.Command(), $"--block-sector-size:storage={sectorBytes}", $"--block:storage={disk.Path}", image.Path);
        Assert.Equal(new TenderRun(1, "", Prefix + message), run);
    }

    [Theory]
    [InlineData("hvt", "521")]
    [InlineData("hvt", "256")]
    [InlineData("hvt", "0")]
    [InlineData("hvt", "65536")]
    [InlineData("spt", "521")]
    [InlineData("spt", "256")]
    [InlineData("spt", "0")]
    [InlineData("spt", "65536")]
    public async Task A_sector_size_that_is_no_power_of_two_or_too_small_is_refused(string command, string size)
    {
        using var image = new ImageFile(DeviceGuests.BlockCheck(512, Of(command)));
        using var disk = new BlockFile(Capacity);
        string option = $"--block-sector-size:storage={size}";
        TenderRun run = await TenderRun.Of(command, $"--block:storage={disk.Path}", option, image.Path);
        string message = $"{Prefix}Block size must be a multiple of 2 greater than or equal 512\n{Prefix}Invalid option: `{option}'\nusage: ";
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hvt", "--block:storage=/nonexistent/disk", "Could not open block device: /nonexistent/disk: No such file or directory\n")]
    [InlineData("hvt", "--block:storage=/proc", "Could not open block device: /proc: Is a directory\n")]
    [InlineData("hvt", "--block:data=/dev/null", "Resource not declared in manifest: 'data'\nalbatross-tender: Invalid option: `--block:data=/dev/null'\nusage: ")]
    [InlineData("hvt", "--net:storage=tap0", "Resource not declared in manifest: 'storage'\nalbatross-tender: Invalid option: `--net:storage=tap0'\nusage: ")]
    [InlineData("hvt", "--block:storage=", "Invalid option: `--block:storage='\nusage: ")]
    [InlineData("hvt", "--block:storage", "Invalid option: `--block:storage'\nusage: ")]
    [InlineData("hvt", "--block-sector-size:storage=x", "Invalid option: `--block-sector-size:storage=x'\nusage: ")]
    [InlineData("hvt", "--block-sector-size:data=512", "Resource not declared in manifest: 'data'\nalbatross-tender: Invalid option: `--block-sector-size:data=512'\nusage: ")]
    [InlineData("spt", "--block:storage=/nonexistent/disk", "Could not open block device: /nonexistent/disk: No such file or directory\n")]
    [InlineData("spt", "--block:storage=/proc", "Could not open block device: /proc: Is a directory\n")]
    [InlineData("spt", "--block:data=/dev/null", "Resource not declared in manifest: 'data'\nalbatross-tender: Invalid option: `--block:data=/dev/null'\nusage: ")]
    [InlineData("spt", "--net:storage=tap0", "Resource not declared in manifest: 'storage'\nalbatross-tender: Invalid option: `--net:storage=tap0'\nusage: ")]
    [InlineData("spt", "--block:storage=", "Invalid option: `--block:storage='\nusage: ")]
    [InlineData("spt", "--block:storage", "Invalid option: `--block:storage'\nusage: ")]
    [InlineData("spt", "--block-sector-size:storage=x", "Invalid option: `--block-sector-size:storage=x'\nusage: ")]
    [InlineData("spt", "--block-sector-size:data=512", "Resource not declared in manifest: 'data'\nalbatross-tender: Invalid option: `--block-sector-size:data=512'\nusage: ")]
    public async Task A_bad_option_for_a_block_device_is_refused(string command, string option, string message)
    {
        using var image = new ImageFile(DeviceGuests.BlockCheck(512, Of(command)));
        TenderRun run = await TenderRun.Of(command, option, image.Path);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith(Prefix + message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task Every_device_that_is_not_attached_is_named(GuestTarget target)
    {
        using var image = new ImageFile(DeviceGuests.Describe(target));
        TenderRun run = await TenderRun.Of(target.Command(), "--net-mac:service=02:00:00:00:00:01", image.Path);
        string[] expected =
        [
            "Device 'service' of type NET_BASIC declared but not attached.",
            "Device 'storage' of type BLOCK_BASIC declared but not attached.",
            "All declared devices must be attached. See --help for syntax.",
        ];
        Assert.Equal(new TenderRun(1, "", string.Concat(expected.Select(line => $"{Prefix}{line}\n"))), run);
    }

    [Fact]
    public async Task A_block_that_would_be_read_into_read_only_text_ends_an_hvt_guest()
    {
        HostRequirement.Kvm();
        using var image = new ImageFile(DeviceGuests.BlockIntoText());
        using var disk = new BlockFile(512);
        Assert.Equal(
            new TenderRun(1, "", "hvt: Invalid guest access: gpa=0x100000, sz=0x200\n"),
            await TenderRun.Of("hvt", "--mem=2", $"--block:storage={disk.Path}", image.Path));
    }

    private static GuestTarget Of(string command) => command == "hvt" ? GuestTarget.Hvt : GuestTarget.Spt;
}
