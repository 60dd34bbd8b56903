using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Expectations;

/// <summary>
/// The rows of the table of expectations that need interfaces, in a network namespace of each row's own; with as many pings as the
/// specifications say.
/// </summary>
public sealed class NetworkExpectationTests
{
    /// <summary>Not an expectation: a host that is busy with other things may take longer than the specifications' minute.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    public static TheoryData<string> Rows => [.. ExpectationTests.OnNetworks.Select(row => row.Key)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_tender_does_on_a_network_what_its_specification_says(string key)
    {
        Expectation row = ExpectationTests.OnNetworks.Single(one => one.Key == key);
        using NetworkNamespace network = NetworkNamespace.With(row.Taps);
        using var run = new ExpectationRun(row);
        run.Compare(await run.Ping(network, Limit));
    }

    [Fact]
    public async Task No_ring_in_shared_memory_is_offered_to_a_guest_with_a_network()
    {
        HostRequirement.Kvm();
        using NetworkNamespace network = NetworkNamespace.With("tap100 1500 10.0.0.1/24");
        using var image = new ImageFile(SuiteGuests.NoRing());
        Assert.Equal(new TenderRun(0, "SUCCESS\n", ""), await network.Tender("hvt", "--mem=4", "--net:service=tap100", image.Path));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task Networks_and_disks_in_any_order_are_told_apart(GuestTarget target)
    {
        using NetworkNamespace network = NetworkNamespace.With("tap100 1500 10.0.0.1/24", "tap101 1500 10.1.0.1/24");
        using var image = new ImageFile(DeviceGuests.MixedDevices(target));
        using var second = new BlockFile(512);
        using var third = new BlockFile(512);
        TenderRun run = await network.Tender(
            target.Command(),
            "--mem=2",
            "--net:d=tap101",
            $"--block:c={third.Path}",
            $"--block:b={second.Path}",
            "--net:a=tap100",
            image.Path);
        Assert.Equal(new TenderRun(0, "SUCCESS\n", ""), run);
        Assert.Equal((2, 3), (second.Bytes[0], third.Bytes[0]));
        TenderRun frames = await network.Run(
            "cat", "/sys/class/net/tap100/statistics/rx_packets", "/sys/class/net/tap101/statistics/rx_packets");
        Assert.Equal("1\n4\n", frames.Output);
    }
}
