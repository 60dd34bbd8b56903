using System.Buffers.Binary;
using System.Text;
using Albatross.Guests;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Solo5;

public sealed class HvtLaunchTests
{
    private static readonly KvmFacts Kvm = new(12288, new byte[8 + 40]);

    [Fact]
    public void Equal_requests_give_equal_launchers() => Assert.Equal(
        Launch(SampleGuests.Hello()).Executable.ToArray(), Launch(SampleGuests.Hello()).Executable.ToArray());

    [Fact]
    public void Declared_devices_are_refused_by_name()
    {
        var guest = new GuestBuilder();
        guest.Net("service");
        guest.Block("storage");
        guest.Halt(0);
        Assert.Equal(
            new ImageRefusal(
                ImageRefusalCode.DevicesNotAttached,
                "All declared devices must be attached, and these are not: 'service' (NET_BASIC), 'storage' (BLOCK_BASIC)"),
            Refused(guest.Build(), "", []));
    }

    [Fact]
    public void A_command_line_of_8191_bytes_fits_and_one_of_8192_is_refused()
    {
        Assert.Null(Refused(SampleGuests.Hello(), new string('x', 8191), []));
        Assert.Equal(
            new ImageRefusal(ImageRefusalCode.InvalidCommandLine, "Guest command line too long (max=8191 characters)"),
            Refused(SampleGuests.Hello(), new string('x', 8192), []));
    }

    [Fact]
    public void A_command_line_with_a_NUL_is_refused() => Assert.Equal(
        new ImageRefusal(ImageRefusalCode.InvalidCommandLine, "Guest command line contains a NUL character"),
        Refused(SampleGuests.Hello(), "a\0b", []));

    [Theory]
    [InlineData(-1)]
    [InlineData(8192)]
    public void A_CPU_that_no_Linux_has_is_refused(int cpu) =>
        Assert.Equal(ImageRefusalCode.InvalidCpuSet, Refused(SampleGuests.Hello(), "", [0, cpu])?.Code);

    [Fact]
    public void An_image_that_does_not_fit_into_the_memory_is_refused()
    {
        Assert.True(UnikernelImage.TryParse(SampleGuests.Padded(4 << 20), out UnikernelImage? image, out _));
        Assert.Equal(ImageRefusalCode.InvalidSegment, Build(image, ImageBytes.Memory(2)).Refusal?.Code);
        Assert.Null(Build(image, ImageBytes.Memory(8)).Refusal);
    }

    [Fact]
    public void The_table_plays_memory_machine_and_confinement_in_this_order()
    {
        int[] expected =
        [
            SystemCallNumber.CloseRange, SystemCallNumber.Mmap,
            SystemCallNumber.Pread, SystemCallNumber.Mprotect,      // the text is less than a page
            SystemCallNumber.Pread, SystemCallNumber.Mprotect,      // the data too
            SystemCallNumber.Close,
            SystemCallNumber.Ioctl, SystemCallNumber.Ioctl, SystemCallNumber.Ioctl, SystemCallNumber.Mmap,
            SystemCallNumber.Ioctl, SystemCallNumber.Ioctl, SystemCallNumber.Ioctl, SystemCallNumber.Ioctl,
            SystemCallNumber.Close, SystemCallNumber.Close,
            SystemCallNumber.SchedSetaffinity,
            .. LaunchedRows.BasicConfinement(limits: 5),
        ];
        HvtLaunch launch = Launch(SampleGuests.Hello(), [0]);
        Assert.Equal(expected, LaunchedRows.Of(launch.Executable.Span, ConstantsLayout.FirstRow).Select(row => row.Number));
        Assert.Equal(expected.Length, launch.RowCount);
    }

    [Fact]
    public void The_command_line_stands_in_the_boot_information_unchanged()
    {
        byte[] line = [0xff, 0xfe, (byte)' ', (byte)'x'];
        Assert.True(UnikernelImage.TryParse(SampleGuests.Hello(), out UnikernelImage? image, out _));
        byte[] information = BootInformation.Build(ImageBytes.Memory(), 0x145000, image.Manifest.GuestCopy([], null), line);
        ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(information.AsSpan(at));
        Assert.Equal((16UL << 20, 0x145000UL, 0x10038UL), (Word(0), Word(8), Word(32)));
        Assert.Equal(0x10038UL + 8 + 104, Word(24));
        Assert.Equal([.. line, 0], information.AsSpan((int)Word(24) - 0x10000, 5).ToArray());
        Assert.Equal((0UL, 0UL), (Word(40), Word(48)));
    }

    [Fact]
    public void Page_tables_map_all_of_memory_and_nothing_behind_it()
    {
        byte[] low = CpuState.LowMemory(ImageBytes.Memory(6), []);
        ulong Word(int at) => BinaryPrimitives.ReadUInt64LittleEndian(low.AsSpan(at));
        const ulong IgnoreAccessedAndDirty = ~0x60UL;
        Assert.Equal(0x3003UL, Word(0x2000) & IgnoreAccessedAndDirty);
        ulong[] pointers = [.. Enumerable.Range(0, 4).Select(i => Word(0x3000 + (8 * i)) & IgnoreAccessedAndDirty)];
        Assert.Equal([0x4003UL, 0x5003, 0x6003, 0x7003], pointers);
        ulong[] directory = [.. Enumerable.Range(0, 4).Select(i => Word(0x4000 + (8 * i)) & IgnoreAccessedAndDirty)];
        Assert.Equal([0x8003UL, 0x200083, 0x400083, 0], directory);
        Assert.Equal(0UL, Word(0x8000 + (8 * 15)));
        Assert.Equal(0x10001UL, Word(0x8000 + (8 * 16)) & IgnoreAccessedAndDirty);
        Assert.Equal(0x100003UL, Word(0x8000 + (8 * 256)) & IgnoreAccessedAndDirty);
    }

    [Fact]
    public void Special_registers_have_the_size_of_the_kernels_structure() => Assert.Equal(312, CpuState.SpecialRegisters().Length);

    internal static (HvtLaunch? Launch, ImageRefusal? Refusal) Build(UnikernelImage image, GuestMemorySize memory)
    {
        var request = new HvtLaunchRequest
        {
            Image = image,
            Memory = memory,
            CommandLine = default,
            Kvm = Kvm,
            ImageAccess = ImageAccess.Share,
        };
        return HvtLaunch.TryBuild(request, out HvtLaunch? launch, out ImageRefusal? refusal) ? (launch, null) : (null, refusal);
    }

    private static HvtLaunch Launch(byte[] bytes, ImmutableArray<int> cpus = default) =>
        HvtLaunch.TryBuild(Request(bytes, "", cpus.IsDefault ? [] : cpus), out HvtLaunch? launch, out ImageRefusal? refusal)
            ? launch
            : throw new InvalidOperationException(refusal.Text);

    private static ImageRefusal? Refused(byte[] bytes, string commandLine, ImmutableArray<int> cpus) =>
        HvtLaunch.TryBuild(Request(bytes, commandLine, cpus), out _, out ImageRefusal? refusal) ? null : refusal;

    private static HvtLaunchRequest Request(byte[] bytes, string commandLine, ImmutableArray<int> cpus)
    {
        Assert.True(UnikernelImage.TryParse(bytes, out UnikernelImage? image, out _));
        return new HvtLaunchRequest
        {
            Image = image,
            Memory = ImageBytes.Memory(),
            CommandLine = Encoding.UTF8.GetBytes(commandLine),
            Kvm = Kvm,
            ImageAccess = ImageAccess.Share,
            Cpus = cpus,
        };
    }
}
