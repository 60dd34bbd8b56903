using Albatross.Guests;

namespace Albatross.HostTests.Expectations;

/// <summary>The command line: section 2 of the hvt specification, section 6 of the spt specification, messages and statuses.</summary>
internal static class CommandLineExpectations
{
    private const GuestTarget Hvt = GuestTarget.Hvt, Spt = GuestTarget.Spt;
    private const string Success = "SUCCESS\n";

    private static readonly string[] NoMemory = ["", "0", "x", "-1", "99999999999999999999"];
    private static readonly string[] OfOtherTenders = ["--gdb", "--gdb-port=1234", "--x-exec-heap"];

    internal static IEnumerable<Expectation> All => [.. Common(Hvt), .. Common(Spt), .. Devices(Hvt), .. Devices(Spt), .. OfHvt, .. OfSpt];

    private static IEnumerable<Expectation> Common(GuestTarget target) =>
    [
        Ends(target, "--version", 0, "albatross-tender tender, version …\nABI version 2\n") with { Words = ["--version"] },
        Ends(target, "--version behind another option", 0, "albatross-tender tender, version …\nABI version 2\n") with
        {
            Words = ["--mem=x", "--version", "--help"],
        },
        Ends(target, "--help", 1, "usage: albatross-tender {target} …\nKERNEL is the filename of the unikernel to run.\n…") with
        {
            Words = ["--help"],
        },
        Ends(target, "--help behind another option", 1, "usage: albatross-tender {target} …") with
        {
            Words = ["--foo", "--help", "{image}"],
        },
        Ends(target, "no kernel", 1, "{tender}Missing KERNEL operand\nusage: …") with { Words = [] },
        Ends(target, "no kernel behind --", 1, "{tender}Missing KERNEL operand\nusage: …") with { Words = ["--mem=2", "--"] },
        Ends(target, "a kernel that is not there", 1, "{tender}/nonexistent: Could not open: No such file or directory\n") with
        {
            Words = ["/nonexistent"],
        },
        Ends(target, "an option that nobody knows", 1, "{tender}Invalid option: `--foo=1'\nusage: …") with { Options = ["--foo=1"] },
        Ends(target, "a short option", 1, "{tender}Invalid option: `-m'\nusage: …") with { Options = ["-m"] },
        .. NoMemory.Select(memory =>
            Ends(target, $"--mem={memory}", 1, "{tender}Malformed argument to --mem\n") with { Options = [$"--mem={memory}"] }),
        Runs(target, "the default memory", [], "536870912"),
        Runs(target, "an even number of MiB", ["--mem=6"], "6291456"),
        Runs(target, "the last --mem counts", ["--mem=4", "--mem=2"], "2097152"),
        Row(target, "arguments are joined by single spaces") with
        {
            Guest = () => SampleGuests.Hello(target),
            Arguments = ["a", "b ", "--mem=x", "--", "c"],
            Output = "hello from a b  --mem=x -- c\n",
        },
        Row(target, "the longest command line") with
        {
            Guest = () => SampleGuests.Hello(target),
            Arguments = [new string('x', 8190 - 100), new string('y', 100)],
            Output = $"hello from {new string('x', 8190 - 100)} {new string('y', 100)}\n",
        },
        Row(target, "a command line that is too long") with
        {
            Guest = () => SampleGuests.Hello(target),
            Arguments = [new string('x', 8191 - 100), new string('y', 100)],
            Status = 1,
            Error = "{tender}Guest command line too long (max=8191 characters)\n",
        },
    ];

    private static IEnumerable<Expectation> Devices(GuestTarget target) =>
    [
        NotTaken(target, "a network that is not declared", "--net:x=tap0", "Resource not declared in manifest: 'x'"),
        NotTaken(target, "a disk that is not declared", "--block:x=/dev/null", "Resource not declared in manifest: 'x'"),
        NotTaken(target, "a disk as network", "--net:storage=tap0", "Resource not declared in manifest: 'storage'"),
        NotTaken(target, "a name of a device that is none", "--block:a-b=x"),
        NotTaken(target, "a name of 68 characters", $"--block:{new string('n', 68)}=x"),
        NotTaken(target, "an interface that is not there", "--net:service=nothere", Attach("nothere", "No such file or directory")),
        NotTaken(target, "a long interface", "--net:service=abcdefghijklmnop", Attach("abcdefghijklmnop", "File name too long")),
        NotTaken(target, "a descriptor that is no tap", "--net:service=@0", Attach("@0", "Invalid argument")),
        NotTaken(target, "a MAC that is none", "--net-mac:service=02:00"),
        Ends(target, "a file that is not there", 1, "{tender}Could not open block device: /nonexistent: No such file or directory\n") with
        {
            Options = ["--block:storage=/nonexistent"],
        },
        Row(target, "devices that are not attached") with
        {
            Guest = () => DeviceGuests.Describe(target),
            Status = 1,
            Error = "{tender}Device 'service' of type NET_BASIC declared but not attached.\n"
                + "{tender}Device 'storage' of type BLOCK_BASIC declared but not attached.\n"
                + "{tender}All declared devices must be attached. See --help for syntax.\n",
        },
        Row(target, "an empty file") with
        {
            Guest = () => DeviceGuests.BlockCheck(512, target),
            Disks = [0],
            Options = ["--block:storage={disk0}"],
            Status = 1,
            Error = "{tender}storage: Backing storage must be at least 1 block (512 bytes) in size\n",
        },
        Row(target, "the largest sector") with
        {
            Guest = () => DeviceGuests.BlockCheck(32768, target),
            Disks = [1 << 20],
            Options = ["--mem=2", "--block-sector-size:storage=32768", "--block:storage={disk0}"],
            Output = Success,
        },
        Row(target, "a disk that is given twice is the last one") with
        {
            Guest = () => DeviceGuests.BlockCheck(512, target),
            Disks = [512, 4096],
            Options = ["--mem=2", "--block:storage={disk0}", "--block:storage={disk1}"],
            Output = Success,
        },
    ];

    private static IEnumerable<Expectation> OfHvt =>
    [
        .. OfOtherTenders.Select(option =>
            Ends(Hvt, $"{option} of another tender", 1, $"{{tender}}Invalid option: `{option}'\nusage: …") with { Options = [option] }),
        Rounds("--mem=1", 2097152),
        Rounds("--mem=3", 2097152),
        Rounds("--mem=5", 4194304),
        Rounds("--mem=4097", 4294967296),
        Runs(Hvt, "the most memory", ["--mem=4096"], "4294967296"),
        Ends(Hvt, "--mem=4098", 1, "{tender}guest memory size 4297064448 bytes exceeds the max size 4294967296 bytes\n") with
        {
            Options = ["--mem=4098"],
        },
    ];

    private static IEnumerable<Expectation> OfSpt =>
    [
        Runs(Spt, "an odd number of MiB", ["--mem=5"], "5242880"),
        Runs(Spt, "more than 4 GiB", ["--mem=4097"], "4296015872"),
        Row(Spt, "--mem=1") with
        {
            Guest = () => SampleGuests.Hello(Spt),
            Options = ["--mem=1"],
            Status = 1,
            Error = "{tender}{image}: invalid executable: e_entry does not fall within the memory allocation range\n",
        },
        Ends(Spt, "--mem=2000000", 1, "{tender}guest memory size 2097152000000 bytes exceeds the max size 1099511627776 bytes\n") with
        {
            Options = ["--mem=2000000"],
        },
        new Expectation(Spt, "3", "memory that the host lacks")
        {
            Guest = () => SampleGuests.Hello(Spt),
            Options = ["--mem=1000000"],
            Status = 1,
            Error = "spt: Error allocating guest memory: mmap failed: errno 0xc\n",
        },
        new Expectation(Spt, "3", "--x-exec-heap")
        {
            Guest = SptGuests.ExecuteHeap,
            Options = ["--x-exec-heap", "--mem=2"],
            Error = "{tender}WARNING: --x-exec-heap: the guest can execute its heap and stack\n",
        },
        new Expectation(Spt, "3", "a heap that is not executable") { Guest = SptGuests.ExecuteHeap, Status = 139 },
        new Expectation(Spt, "4", "registers at the entry") { Guest = SptGuests.ByName["registers"] },
        new Expectation(Spt, "7", "a privileged instruction") { Guest = SptGuests.ByName["privileged"], Status = 139 },
    ];

    private static Expectation Row(GuestTarget target, string name) => new(target, target == Hvt ? "2" : "6", name)
    {
        Guest = () => DeviceGuests.Describe(target),
    };

    /// <summary>Ends before the guest starts.</summary>
    private static Expectation Ends(GuestTarget target, string name, int status, string error) =>
        Row(target, name) with { Status = status, Error = error, EndsBeforeKvm = true };

    /// <summary>An option is refused, with a warning before it or without.</summary>
    private static Expectation NotTaken(GuestTarget target, string name, string option, string? warning = null)
    {
        string before = warning is null ? "" : $"{{tender}}{warning}\n";
        return Ends(target, name, 1, $"{before}{{tender}}Invalid option: `{option}'\nusage: …") with { Options = [option] };
    }

    private static string Attach(string name, string reason) => $"Could not attach interface: {name}: {reason}";

    /// <summary>The guest prints the size of its memory.</summary>
    private static Expectation Runs(GuestTarget target, string name, string[] options, string memory) => Row(target, name) with
    {
        Guest = () => SuiteGuests.ByName["memory"](target),
        Options = options,
        Output = memory,
    };

    private static Expectation Rounds(string option, long bytes) => Runs(Hvt, option, [option], $"{bytes}") with
    {
        Error = $"{{tender}}adjusting memory to {bytes} bytes\n",
    };
}
