using System.Diagnostics;
using Albatross.Guests;
using Albatross.Linux;

namespace Albatross.HostTests.Tender;

/// <summary>
/// Network interfaces under the real tenders, in a namespace of each test's own. The tests of the suites (net, net_2if, net_mtu, net_ring)
/// are rows of the table of expectations.
/// </summary>
public sealed class NetworkTests
{
    private const string Prefix = "albatross-tender: ";
    private const string Tap100 = "tap100 1500 10.0.0.1/24", Tap102 = "tap102 9000 10.0.0.1/24";

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_tap_can_be_given_by_descriptor(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap102);
        using var image = new ImageFile(DeviceGuests.Echo(interfaces: 1, 10, target));
        ProgramCommand command = Programs.Tender;
        string subcommand = target.Command();
        using Process tender = network.Inside(() =>
        {
            using Tap tap = Tap.Attach("tap102"u8);
            using var inherited = new InheritedDescriptor(tap);
            return TenderRun.Start(
                command.File, [.. command.FirstArguments, subcommand, "--mem=2", $"--net:service0=@{inherited.Number}", "--", image.Path]);
        });
        await Ready(tender, "MTU is 9000");
        await AllAnswered(network.Run("ping", "-q", "-i", "0.01", "-c", "10", "10.0.0.2"));
        await Succeeds(tender);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task Frames_of_a_guest_arrive_at_the_host(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap100);
        using var image = new ImageFile(DeviceGuests.FrameSender(count: 1000, bytes: 1514, target));
        TenderRun run = await network.Tender(target.Command(), "--mem=2", "--net:service=tap100", image.Path);
        Assert.Equal(new TenderRun(0, "SUCCESS\n", ""), run);
        TenderRun statistics = await network.Run("cat", "/sys/class/net/tap100/statistics/rx_packets", "/sys/class/net/tap100/statistics/rx_bytes");
        Assert.Equal("1000\n1514000\n", statistics.Output);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task The_boot_information_describes_a_network_and_a_disk(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap102);
        using var image = new ImageFile(DeviceGuests.Describe(target));
        using var disk = new BlockFile(6 << 20);
        TenderRun run = await network.Tender(
            target.Command(),
            "--block-sector-size:storage=2048",
            "--mem=2",
            "--net-mac:service=02:00:00:00:01:00",
            "--net:service=tap102",
            $"--block:storage={disk.Path}",
            image.Path);
        Assert.Equal(new TenderRun(0, $"MTU 9000, MAC {0x02_00_00_00_01_00}, capacity {6 << 20}, sector 2048, attached 1\n", ""), run);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task Without_a_MAC_a_random_one_is_made(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap100);
        using var image = new ImageFile(DeviceGuests.Describe(target));
        using var disk = new BlockFile(512);
        string[] words = [target.Command(), "--mem=2", "--net:service=tap100", "--net-mac:service=0:0:0:0:0:0", $"--block:storage={disk.Path}", image.Path];
        HashSet<ulong> macs = [];
        for (int i = 0; i < 3; i++)
        {
            TenderRun run = await network.Tender(words);
            ulong mac = ulong.Parse(run.Output.Split(", MAC ")[1].Split(',')[0], null);
            Assert.Equal(0x02u, (mac >> 40) & 0x03);
            macs.Add(mac);
        }

        Assert.Equal(3, macs.Count);
    }

    [Theory]
    [InlineData("hvt", "--net:service=nothere", "Could not attach interface: nothere: No such file or directory")]
    [InlineData("hvt", "--net:service=tap100", "Could not attach interface: tap100: Network is down")]
    [InlineData("hvt", "--net:service=lo", "Could not attach interface: lo: Invalid argument")]
    [InlineData("hvt", "--net:service=abcdefghijklmnop", "Could not attach interface: abcdefghijklmnop: File name too long")]
    [InlineData("hvt", "--net:service=@0", "Could not attach interface: @0: Invalid argument")]
    [InlineData("hvt", "--net:service=@999", "Could not attach interface: @999: Bad file descriptor")]
    [InlineData("hvt", "--net:service=@x", "Could not attach interface: @x: Invalid argument")]
    [InlineData("hvt", "--net:other=tap100", "Resource not declared in manifest: 'other'")]
    [InlineData("spt", "--net:service=nothere", "Could not attach interface: nothere: No such file or directory")]
    [InlineData("spt", "--net:service=tap100", "Could not attach interface: tap100: Network is down")]
    [InlineData("spt", "--net:service=lo", "Could not attach interface: lo: Invalid argument")]
    [InlineData("spt", "--net:service=abcdefghijklmnop", "Could not attach interface: abcdefghijklmnop: File name too long")]
    [InlineData("spt", "--net:service=@0", "Could not attach interface: @0: Invalid argument")]
    [InlineData("spt", "--net:service=@999", "Could not attach interface: @999: Bad file descriptor")]
    [InlineData("spt", "--net:service=@x", "Could not attach interface: @x: Invalid argument")]
    [InlineData("spt", "--net:other=tap100", "Resource not declared in manifest: 'other'")]
    public async Task A_bad_interface_is_refused(string command, string option, string message)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap100);
        network.SetLink("tap100", "down");
        network.SetLink("lo", "up");
        using var image = new ImageFile(DeviceGuests.NetDeclared(command == "hvt" ? GuestTarget.Hvt : GuestTarget.Spt));
        TenderRun run = await network.Tender(command, option, image.Path);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith($"{Prefix}{message}\n{Prefix}Invalid option: `{option}'\nusage: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00:00:00:00:00:00")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("02:00:00:00:00:000")]
    public async Task A_bad_MAC_is_refused(string mac)
    {
        using var image = new ImageFile(DeviceGuests.NetDeclared());
        TenderRun run = await TenderRun.Of("hvt", $"--net-mac:service={mac}", image.Path);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith($"{Prefix}Invalid option: `--net-mac:service={mac}'\nusage: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task An_interface_that_somebody_else_has_is_refused(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With(Tap100);
        using var image = new ImageFile(DeviceGuests.NetDeclared(target));
        string command = target.Command();
        TenderRun run = network.Inside(() =>
        {
            using Tap tap = Tap.Attach("tap100"u8);
            Assert.Equal(1500, tap.MtuBytes);
            return network.Tender(command, "--net:service=tap100", image.Path).GetAwaiter().GetResult();
        });
        Assert.StartsWith($"{Prefix}Could not attach interface: tap100: Device or resource busy\n", run.Error, StringComparison.Ordinal);
    }

    private static async Task Ready(Process tender, params string[] lines)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (string line in (string[])[.. lines, "ready"])
        {
            string? seen = await tender.StandardOutput.ReadLineAsync(timeout.Token);
            Assert.True(seen == line, $"{seen ?? await tender.StandardError.ReadToEndAsync(timeout.Token)} instead of {line}");
        }
    }

    private static async Task AllAnswered(Task<TenderRun> ping)
    {
        TenderRun run = await ping;
        Assert.True(run.Status == 0 && run.Output.Contains(" 0% packet loss", StringComparison.Ordinal), run.ToString());
    }

    private static async Task Succeeds(Process tender)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            Assert.Equal("SUCCESS\n", await tender.StandardOutput.ReadToEndAsync(timeout.Token));
            await tender.WaitForExitAsync(timeout.Token);
            Assert.Equal(0, tender.ExitCode);
        }
        finally
        {
            tender.Kill();
        }
    }
}
