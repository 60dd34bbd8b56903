using Albatross.Guests;

namespace Albatross.HostTests.Expectations;

/// <summary>Section 9 of both specifications: what the suite of Solo5 expects from a tender.</summary>
internal static class SuiteExpectations
{
    private const GuestTarget Hvt = GuestTarget.Hvt, Spt = GuestTarget.Spt;
    private const int Segmentation = 139, Forbidden = 159, Aborted = 255;
    private const long FourMebibytes = 4 << 20;
    private const string Success = "SUCCESS\n", Trapped = "Solo5: ABORT: trap\n";
    private const string Tap100 = "tap100 1500 10.0.0.1/24", Tap101 = "tap101 1500 10.1.0.1/24", Tap102 = "tap102 9000 10.0.0.1/24";

    /// <summary>The names of the tests that the hvt specification lists, apart from those that it says are skipped.</summary>
    internal static string[] HvtTests =>
    [
        "noexec host", "hello", "quiet", "output", "globals", "tls", "fpu", "exception", "zeropage", "notls", "ssp", "xnow", "time", "blk",
        "blk 4096", "blk misaligned", "blk odd", "blk too small", "net", "net_2if", "net_mtu", "net_ring", "mft_maxdevices", "buggyelf",
        "dumpcore",
    ];

    /// <summary>The names of the tests that the spt specification lists.</summary>
    internal static string[] SptTests =>
    [
        "hello", "globals", "tls", "fpu", "time", "blk", "blk 4096", "quiet", "output", "exception", "zeropage", "xnow", "wnox", "notls",
        "ssp", "seccomp", "blk misaligned", "blk odd", "blk too small", "net", "net_2if", "net_ring", "net_mtu", "mft_maxdevices",
    ];

    internal static IEnumerable<Expectation> All =>
    [
        .. Simple(Hvt), .. Simple(Spt), .. Disks(Hvt), .. Disks(Spt), .. Networks(Hvt), .. Networks(Spt), .. OfHvt, .. OfSpt,
    ];

    private static IEnumerable<Expectation> OfHvt =>
    [
        Suite(Hvt, "exception") with { Status = Aborted, Output = Trapped },
        Suite(Hvt, "zeropage") with { Status = Aborted, Output = Trapped },
        Suite(Hvt, "notls") with { Status = Aborted, Output = Trapped },
        Suite(Hvt, "xnow") with
        {
            Status = 1,
            Error = "hvt: KVM: host/guest translation fault: rip=0x…\n",
            OrErrorOfSoftwareVirtualisation = "hvt: KVM: unhandled exit: exit_reason=0x6, rip=0x…\n",
        },
        Suite(Hvt, "fpu") with { Output = Success, OrErrorOfSoftwareVirtualisation = "hvt: KVM: internal error exit: suberror=0x1\n" },
        Suite(Hvt, "buggyelf") with
        {
            Guest = () => MalformedGuests.All.Single(one => one.Name == "note of 11 bytes").Image(Hvt),
            Status = 1,
            Error = "{tender}{image}: invalid executable: phdr[3].p_filesz note does not fall within valid size (11 < 12)\n",
            EndsBeforeKvm = true,
        },

        // A core dump is what the separate debug tender does; to this one, as to solo5-hvt, the option is unknown.
        Suite(Hvt, "dumpcore") with
        {
            Guest = () => SampleGuests.Abort(),
            Options = ["--dumpcore=/tmp"],
            Status = 1,
            Error = "{tender}Invalid option: `--dumpcore=/tmp'\nusage: …",
            EndsBeforeKvm = true,
        },
    ];

    private static IEnumerable<Expectation> OfSpt =>
    [
        Suite(Spt, "exception") with { Status = Segmentation },
        Suite(Spt, "zeropage") with { Status = Segmentation },
        Suite(Spt, "notls") with { Status = Segmentation },
        Suite(Spt, "xnow") with { Status = Segmentation },
        Suite(Spt, "wnox") with { Status = Segmentation },
        Suite(Spt, "fpu") with { Output = Success },
        Suite(Spt, "seccomp") with { Guest = () => SptGuests.Call(number: 39), Status = Forbidden },
        new Expectation(Spt, "7", "abort") { Guest = () => SampleGuests.Abort(Spt), Status = Aborted, Output = "giving up\n" },
    ];

    private static IEnumerable<Expectation> Simple(GuestTarget target) =>
    [
        Suite(target, "hello") with { Arguments = ["Hello_Solo5"], Output = Success },
        Suite(target, "quiet") with { Arguments = ["--solo5:quiet"], Output = Success },
        Suite(target, "output") with { Arguments = ["Output_Solo5"], Output = new string('o', 4095) + "\n" },
        Suite(target, "globals") with { Output = Success },
        Suite(target, "tls") with { Output = Success },
        Suite(target, "time") with { Output = Success },
        Suite(target, "ssp") with { Status = Aborted, Output = "Solo5: ABORT: stack protector\n" },
    ];

    private static IEnumerable<Expectation> Disks(GuestTarget target)
    {
        string memory = Memory(target);
        const string Storage = "--block:storage={disk0}", Size = "--block-sector-size:storage=";
        const string BadSize = "{tender}Block size must be a multiple of 2 greater than or equal 512\n{tender}Invalid option: `";
        Expectation block = Suite(target, "blk") with { Guest = () => DeviceGuests.BlockCheck(512, target), Disks = [FourMebibytes] };
        yield return block with { Options = [memory, Storage], Output = Success };
        yield return block with
        {
            Name = "blk 4096",
            Guest = () => DeviceGuests.BlockCheck(4096, target),
            Options = [memory, Storage, Size + "4096"],
            Output = Success,
        };
        yield return block with
        {
            Name = "blk misaligned",
            Disks = [6 << 10],
            Options = [memory, Storage, Size + "4096"],
            Status = 1,
            Error = "{tender}storage: Backing storage size must be block aligned (4096 bytes)\n",
        };
        foreach ((string name, string size) in ((string, string)[])[("blk odd", "521"), ("blk too small", "256")])
        {
            yield return block with
            {
                Name = name,
                Options = [memory, Storage, Size + size],
                Status = 1,
                Error = $"{BadSize}{Size}{size}'\nusage: …",
                EndsBeforeKvm = true,
            };
        }

        yield return block with
        {
            Name = "mft_maxdevices",
            Guest = () => DeviceGuests.ManyDisks(63, target),
            Disks = [.. Enumerable.Repeat(512L, 63)],
            Options = [memory, .. Enumerable.Range(0, 63).Select(i => $"--block:storage{i + 1}={{disk{i}}}")],
            Output = Success,
        };
    }

    private static IEnumerable<Expectation> Networks(GuestTarget target)
    {
        string memory = Memory(target);
        Expectation Net(string name, int interfaces, int pings) => Suite(target, name) with
        {
            Guest = () => DeviceGuests.Echo(interfaces, pings, target),
            Options = [memory, "--net:service0=tap100"],
            Taps = [Tap100],
            Output = string.Concat(Enumerable.Repeat("MTU is 1500\n", interfaces)) + "ready\n" + Success,
        };
        yield return Net("net", 1, 100_000) with { Pings = [["-f", "-c", "100000", "10.0.0.2"]] };
        yield return Net("net_2if", 2, 100_000) with
        {
            Options = [memory, "--net:service0=tap100", "--net:service1=tap101"],
            Taps = [Tap100, Tap101],
            Pings = [["-f", "-c", "50000", "10.0.0.2"], ["-f", "-c", "50000", "10.1.0.2"]],
        };
        yield return Net("net_ring", 1, 10_000) with { Pings = [["-f", "-c", "10000", "-p", "deadbeef", "10.0.0.2"]] };

        // Full frames prove more than the number.
        yield return Net("net_mtu", 1, 10) with
        {
            Options = [memory, "--net:service0=tap102"],
            Taps = [Tap102],
            Pings = [["-M", "do", "-s", "8972", "-i", "0.01", "-c", "10", "10.0.0.2"]],
            Output = "MTU is 9000\nready\n" + Success,
        };
    }

    private static Expectation Suite(GuestTarget target, string name) => new(target, "9", name)
    {
        Guest = () => SuiteGuests.ByName[name](target),
        Options = [Memory(target)],
    };

    /// <summary>With how much memory the suites run.</summary>
    private static string Memory(GuestTarget target) => target == Hvt ? "--mem=4096" : "--mem=2";
}
