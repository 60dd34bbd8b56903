using System.Diagnostics;
using Albatross.Guests;

namespace Albatross.HostTests.Tender;

/// <summary>
/// The spt tender without devices: section 9 of the spt ABI description, and what a guest may not do. Nothing here needs KVM or root, but
/// for the test that gives root up.
/// </summary>
public sealed class SptTests
{
    private const string Prefix = "albatross-tender: ";
    private const int Segmentation = 139, Forbidden = 159;
    private const ulong HighBit = 1UL << 32;

    [Fact]
    public async Task Hello_prints_its_command_line_and_ends_with_status_0() => Assert.Equal(
        new TenderRun(0, "hello from Hello_Solo5 two  three\n", ""),
        await Spt(SampleGuests.Hello(GuestTarget.Spt), "Hello_Solo5", "two ", "three"));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(42, 42)]
    [InlineData(255, 255)]
    [InlineData(256, 0)]
    [InlineData(-2, 254)]
    public async Task The_status_is_the_low_byte_of_the_guests(int status, int seen) =>
        Assert.Equal(new TenderRun(seen, "", ""), await Spt(SampleGuests.Exit(status, GuestTarget.Spt)));

    [Theory]
    [InlineData("fpu", 0, "SUCCESS\n")]
    [InlineData("clock", 0, "")]
    [InlineData("registers", 0, "")]
    [InlineData("abort", 255, "giving up\n")]
    [InlineData("ssp", 255, "Solo5: ABORT: stack corruption\n")]
    [InlineData("xnow", Segmentation, "")]
    [InlineData("wnox", Segmentation, "")]
    [InlineData("stack-executes", Segmentation, "")]
    [InlineData("zeropage", Segmentation, "")]
    [InlineData("notls", Segmentation, "")]
    [InlineData("privileged", Segmentation, "")]
    public async Task A_guest_ends_as_the_specification_says(string name, int status, string output) =>
        Assert.Equal(new TenderRun(status, output, ""), await Spt(SptGuests.ByName[name]()));

    [Fact]
    public async Task Sleeps_last_as_long_as_they_should() => Assert.Equal(
        new TenderRun(0, "SUCCESS\n", ""), await Spt(SampleGuests.Sleeper(TimeSpan.FromMilliseconds(300), GuestTarget.Spt)));

    [Theory]
    [InlineData("a write to stderr", 1, 2UL)]
    [InlineData("a write with a high descriptor half", 1, HighBit | 1)]
    [InlineData("a read of stdin", 0, 0UL)]
    [InlineData("open", 2)]
    [InlineData("openat", 257)]
    [InlineData("mmap", 9)]
    [InlineData("mprotect", 10)]
    [InlineData("munmap", 11)]
    [InlineData("brk", 12)]
    [InlineData("rt_sigaction", 13)]
    [InlineData("ioctl", 16)]
    [InlineData("pread without a disk", 17)]
    [InlineData("sched_yield", 24)]
    [InlineData("getpid", 39)]
    [InlineData("socket", 41)]
    [InlineData("clone", 56)]
    [InlineData("fork", 57)]
    [InlineData("execve", 59)]
    [InlineData("exit", 60)]
    [InlineData("kill", 62)]
    [InlineData("gettimeofday", 96)]
    [InlineData("ptrace", 101)]
    [InlineData("arch_prctl(ARCH_GET_FS)", 158, 0x1003UL)]
    [InlineData("gettid", 186)]
    [InlineData("clock_gettime of another clock", 228, 4UL)]
    [InlineData("epoll_ctl", 233, 3UL)]
    [InlineData("epoll_pwait on another descriptor", 281, 4UL)]
    [InlineData("timerfd_settime on another descriptor", 286, 3UL)]
    [InlineData("seccomp", 317)]
    [InlineData("execveat", 322)]
    [InlineData("io_uring_setup", 425)]
    [InlineData("clone3", 435)]
    [InlineData("an x32 write", 0x40000001, 1UL)]
    public async Task A_forbidden_system_call_ends_it_by_SIGSYS(string name, int number, params ulong[] arguments)
    {
        Assert.Equal(new TenderRun(Forbidden, "", ""), await Spt(SptGuests.Call(number, arguments)));
        Assert.NotEmpty(name);
    }

    [Theory]
    [InlineData("the wall clock", 228, 0UL, 0x141000UL)]
    [InlineData("the monotonic clock", 228, 1UL, 0x141000UL)]
    [InlineData("the thread pointer", 158, 0x1002UL, 0UL)]
    public async Task An_allowed_system_call_goes_on(string name, int number, params ulong[] arguments)
    {
        Assert.Equal(new TenderRun(0, "survived\n", ""), await Spt(SptGuests.Call(number, arguments)));
        Assert.NotEmpty(name);
    }

    [Theory]
    [InlineData("the last sector", 18, 512UL, 4096UL - 512, 0)]
    [InlineData("a sector anywhere", 17, 512UL, 100UL, 0)]
    [InlineData("a write beyond the end", 18, 512UL, 4096UL, Forbidden)]
    [InlineData("a write across the end", 18, 512UL, 4096UL - 511, Forbidden)]
    [InlineData("two sectors", 18, 1024UL, 0UL, Forbidden)]
    [InlineData("half a sector", 17, 256UL, 0UL, Forbidden)]
    [InlineData("a high half of the offset", 18, 512UL, HighBit, Forbidden)]
    [InlineData("a high half of the length", 18, 512UL | HighBit, 0UL, Forbidden)]
    [InlineData("a negative offset", 17, 512UL, ulong.MaxValue, Forbidden)]
    public async Task A_transfer_is_one_sector_within_the_disk(string name, int number, ulong bytes, ulong offset, int status)
    {
        using var image = new ImageFile(SptGuests.RawTransfer(number, bytes, offset));
        using var disk = new BlockFile(4096);
        TenderRun run = await TenderRun.Of("spt", "--mem=2", $"--block:storage={disk.Path}", image.Path);
        Assert.Equal((name, new TenderRun(status, status == 0 ? "survived\n" : "", "")), (name, run));
        Assert.Equal(4096, disk.Length);
    }

    [Fact]
    public async Task The_heap_is_executable_only_when_that_was_asked_for()
    {
        using var image = new ImageFile(SptGuests.ExecuteHeap());
        Assert.Equal(new TenderRun(Segmentation, "", ""), await TenderRun.Of("spt", "--mem=2", image.Path));
        Assert.Equal(
            new TenderRun(0, "", $"{Prefix}WARNING: --x-exec-heap: the guest can execute its heap and stack\n"),
            await TenderRun.Of("spt", "--x-exec-heap", "--mem=2", image.Path));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(5000)]
    public async Task Any_size_of_memory_from_2_MiB_on_will_do(int mebibytes)
    {
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        Assert.Equal(new TenderRun(0, "hello from x\n", ""), await TenderRun.Of("spt", $"--mem={mebibytes}", image.Path, "x"));
    }

    [Fact]
    public async Task One_MiB_is_too_small_for_any_image()
    {
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        string text = "invalid executable: e_entry does not fall within the memory allocation range";
        Assert.Equal(new TenderRun(1, "", $"{Prefix}{image.Path}: {text}\n"), await TenderRun.Of("spt", "--mem=1", image.Path));
    }

    [Fact]
    public async Task More_memory_than_the_host_has_is_refused_at_the_start()
    {
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        Assert.Equal(
            new TenderRun(1, "", "spt: Error allocating guest memory: mmap failed: errno 0xc\n"),
            await TenderRun.Of("spt", "--mem=1000000", image.Path));
    }

    [Theory]
    [InlineData("--mem=0", "Malformed argument to --mem\n")]
    [InlineData("--mem=2000000", "guest memory size 2097152000000 bytes exceeds the max size 1099511627776 bytes\n")]
    [InlineData("--dumpcore=/tmp", "Invalid option: `--dumpcore=/tmp'\nusage: albatross-tender spt ")]
    public async Task A_bad_option_is_refused(string option, string message)
    {
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        TenderRun run = await TenderRun.Of("spt", option, image.Path);
        Assert.Equal((1, ""), (run.Status, run.Output));
        Assert.StartsWith(Prefix + message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_for_hvt_is_refused()
    {
        using var image = new ImageFile(SampleGuests.Hello());
        Assert.Equal(
            new TenderRun(1, "", $"{Prefix}{image.Path}: Executable is not for the solo5-spt target: it is for hvt\n"),
            await TenderRun.Of("spt", image.Path));
    }

    [Fact]
    public async Task A_guest_can_use_all_of_its_memory()
    {
        using var file = new ImageFile(SampleGuests.MemoryHog(GuestTarget.Spt));
        ProgramCommand tender = Programs.Tender;
        using var process = TenderRun.Start(tender.File, [.. tender.FirstArguments, "spt", "--mem=32", file.Path]);
        Assert.Equal("touched all memory", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        string[] resident = File.ReadAllText($"/proc/{process.Id}/statm").Split(' ');
        Assert.InRange(long.Parse(resident[1], null) * 4096, 29L << 20, 33L << 20);
        process.Kill();
    }

    [Fact]
    public async Task An_image_of_ten_mebibytes_runs()
    {
        TenderRun run = await Spt(SampleGuests.Padded(10 << 20, GuestTarget.Spt), "padded");
        Assert.Equal(new TenderRun(0, "hello from padded\n", ""), run);
    }

    [Fact]
    public async Task An_idle_guest_has_five_descriptors_and_nothing_of_the_tender_in_its_memory()
    {
        // It is not dumpable, and what it has open is not for its user to see.
        HostRequirement.Root();
        using var file = new ImageFile(SptGuests.ByName["idle"]());
        ProgramCommand tender = Programs.Tender;
        using Process process = TenderRun.Start(tender.File, [.. tender.FirstArguments, "spt", "--mem=2", file.Path]);
        Assert.Equal("idle", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        string proc = $"/proc/{process.Id}";
        int[] descriptors = [.. Directory.GetFiles($"{proc}/fd").Select(path => int.Parse(Path.GetFileName(path), null)).Order()];
        string[] maps = File.ReadAllLines($"{proc}/maps");
        string status = File.ReadAllText($"{proc}/status");
        string name = File.ReadAllText($"{proc}/comm");
        process.Kill();

        Assert.Equal("spt-guest\n", name);
        Assert.Equal([0, 1, 2, 3, 4], descriptors);
        Assert.All(maps, map => Assert.True(
            Convert.ToUInt64(map.Split('-')[0], 16) < 0x20_0000 || map.EndsWith("[vsyscall]", StringComparison.Ordinal), map));
        Assert.DoesNotContain(maps, map => map.Contains("rwx", StringComparison.Ordinal));
        Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_as_a_user_without_any_right()
    {
        HostRequirement.Root();
        HostRequirement.Program("setpriv");
        ProgramCommand tender = Programs.Tender;
        using var image = new ImageFile(SampleGuests.Hello(GuestTarget.Spt));
        using var disk = new BlockFile(4096);
        File.SetUnixFileMode(image.Path, (UnixFileMode)0x124);
        string[] words = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs", tender.File];
        TenderRun run = await TenderRun.Of("setpriv", [.. words, .. tender.FirstArguments, "spt", "--mem=2", image.Path, "nobody"]);
        Assert.Equal((0, "hello from nobody\n"), (run.Status, run.Output));
    }

    private static async Task<TenderRun> Spt(byte[] image, params string[] arguments)
    {
        using var file = new ImageFile(image);
        return await TenderRun.Of(["spt", "--mem=16", file.Path, .. arguments]);
    }
}
