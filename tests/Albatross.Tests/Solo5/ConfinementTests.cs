using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tests.Solo5;

/// <summary>Which layers of the sandbox a launch has, by facts of the host, and the rows that they become.</summary>
public sealed class ConfinementTests
{
    private const ulong SetGroup = 1 << 6, SetUser = 1 << 7, SetBounds = 1 << 8, ChangeRoot = 1 << 18;
    private const int Prctl = SystemCallNumber.Prctl, Setrlimit = SystemCallNumber.Setrlimit;
    private static readonly UnikernelUser Wanted = new(0x7000_0001, 0x7000_0001);

    private static readonly SandboxFacts Root = new()
    {
        LandlockVersion = 7,
        HasExecGainRefusal = true,
        EffectiveCapabilities = SetGroup | SetUser | SetBounds | ChangeRoot,
        BoundingCapabilities = 0b1001,
    };

    [Fact]
    public void Root_on_a_new_kernel_gets_every_layer()
    {
        Confinement all = Confinement.For(Root, Wanted, hasEmptyDirectory: true);
        Assert.Equal((Wanted, true, 0b1001UL, 7, true), (all.User, all.HasEmptyRoot, all.DroppedBounds, all.LandlockVersion, all.RefusesExecGain));
        Assert.Null(all.Report);
    }

    [Fact]
    public void What_is_left_out_is_said_with_its_reason()
    {
        Assert.Equal(
            "sandbox without own user, empty root, capability bounds (not root)",
            Report(Root with { EffectiveCapabilities = 0 }));
        Assert.Equal(
            "sandbox without landlock, refusal of executable memory (not in this kernel)",
            Report(Root with { LandlockVersion = 0, HasExecGainRefusal = false }));
        Assert.Equal(
            "sandbox without own user (not in this user namespace)",
            Report(Root with { Users = [new IdRange(0, 1)] }));
        Assert.Equal("sandbox without own user (not in this user namespace)", Report(Root with { MayDropGroups = false }));
        Assert.Equal(
            "sandbox without empty root (no directory could be made)",
            Confinement.For(Root, Wanted, hasEmptyDirectory: false).Report);
    }

    [Theory]
    [InlineData(SetGroup, SandboxLayer.OwnUser)]
    [InlineData(SetUser, SandboxLayer.OwnUser)]
    [InlineData(SetBounds, SandboxLayer.CapabilityBounds)]
    [InlineData(ChangeRoot, SandboxLayer.EmptyRoot)]
    public void A_layer_needs_its_own_capability_and_no_other(ulong capability, SandboxLayer layer)
    {
        SandboxFacts facts = Root with { EffectiveCapabilities = Root.EffectiveCapabilities & ~capability };
        Assert.Equal([layer], Confinement.For(facts, Wanted, hasEmptyDirectory: true).LeftOut.Select(left => left.Layer));
    }

    [Fact]
    public void An_empty_bounding_set_needs_no_right_to_empty_it() =>
        Assert.DoesNotContain("bounds", Report(Root with { EffectiveCapabilities = 0, BoundingCapabilities = 0 })!, StringComparison.Ordinal);

    [Fact]
    public void A_container_that_lacks_the_wanted_user_runs_it_as_nobody()
    {
        IdRange[] container = [new IdRange(0, 65536)];
        Confinement confinement = Confinement.For(Root with { Users = [.. container], Groups = [.. container] }, Wanted, hasEmptyDirectory: true);
        Assert.Equal(UnikernelUser.Nobody, confinement.User);
    }

    [Theory]
    [InlineData(1, 0x7000_0001u)]
    [InlineData(0x3f_ffff, 0x703f_ffffu)]
    public void The_user_of_a_process_follows_its_number_and_is_nobody_elses(int processId, uint user) =>
        Assert.Equal(new UnikernelUser(user, user), UnikernelUser.OfProcess(processId));

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public void The_layers_are_played_in_the_order_that_lets_each_do_its_work(GuestTarget target)
    {
        List<LaunchedRow> rows = Rows(target, Confinement.For(Root, Wanted, hasEmptyDirectory: true));
        Assert.Equal(
            [SystemCallNumber.CloseRange, SystemCallNumber.Fchdir, SystemCallNumber.Chroot, SystemCallNumber.Close],
            rows.Take(4).Select(row => row.Number));
        int start = rows.FindIndex(row => row.Number == SystemCallNumber.RtSigprocmask);
        Assert.Equal(
            [
                (SystemCallNumber.RtSigprocmask, 2UL), (Prctl, 15), (Prctl, 38),
                (SystemCallNumber.LandlockCreateRuleset, rows[start + 3].Arguments[0]), (SystemCallNumber.LandlockRestrictSelf, Free(target)),
                (SystemCallNumber.Close, Free(target)),
                (Prctl, 24), (Prctl, 24),
                (SystemCallNumber.Setgroups, 0), (SystemCallNumber.Setresgid, 0x7000_0001), (SystemCallNumber.Setresuid, 0x7000_0001),
                (Prctl, 47), (SystemCallNumber.Capset, rows[start + 12].Arguments[0]), (Prctl, 4),
                .. Limits(target).Select(limit => (Setrlimit, limit)),
                (Prctl, 65), (LaunchedRows.UnmapStack, 0), (SystemCallNumber.Munmap, rows[^2].Arguments[0]), (SystemCallNumber.Seccomp, 1),
            ],
            rows[start..].Select(row => (row.Number, row.Arguments[0])));

        // Only the vdso may stay, where the kernel has sealed it.
        Assert.Equal([SystemCallNumber.Munmap], rows.Where(row => row.Mode == RowMode.Ignore).Select(row => row.Number));
    }

    [Theory]
    [InlineData(1, 8, 0x1fffUL)]
    [InlineData(2, 8, 0x3fffUL)]
    [InlineData(3, 8, 0x7fffUL)]
    [InlineData(4, 16, 0x7fffUL)]
    [InlineData(5, 16, 0xffffUL)]
    [InlineData(6, 24, 0xffffUL)]
    [InlineData(7, 24, 0xffffUL)]
    public void Landlock_is_asked_for_what_its_version_knows(int version, int bytes, ulong files)
    {
        byte[] attributes = LandlockAttributes.Everything(version);
        Assert.Equal((bytes, files), (attributes.Length, BinaryPrimitives.ReadUInt64LittleEndian(attributes)));
        Assert.All(Enumerable.Range(1, (bytes / 8) - 1), word => Assert.Equal(3, attributes[8 * word]));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public void The_empty_root_stands_behind_the_devices_and_changes_no_other_number(GuestTarget target)
    {
        List<LaunchedRow> with = Rows(target, Confinement.For(Root, Wanted, hasEmptyDirectory: true));
        List<LaunchedRow> without = Rows(target, Confinement.For(Root, Wanted, hasEmptyDirectory: false));
        ulong end = without[0].Arguments[0];
        Assert.Equal([end + 1, end], with.Take(2).Select(row => row.Arguments[0]));
        Assert.Equal(
            without.Skip(1).Select(row => (row.Number, row.Mode, row.Value)),
            with.Skip(4).Select(row => (row.Number, row.Mode, row.Value)));
    }

    [Fact]
    public void The_poll_set_of_many_taps_fits_into_the_limit_on_descriptors()
    {
        var guest = new GuestBuilder();
        for (int i = 0; i < 20; i++)
        {
            guest.Net($"d{i}");
        }

        guest.Halt(0);
        Assert.True(UnikernelImage.TryParse(guest.Build(), out UnikernelImage? image, out _));
        DeviceAttachment[] taps = [.. image.Manifest.Devices.Select(entry => new DeviceAttachment.Net(entry, 0x02_00_00_00_00_2a, 1500))];
        HvtLaunchRequest request = HvtRequest(image, Confinement.Basic) with { Devices = [.. taps] };
        Assert.True(HvtLaunch.TryBuild(request, out HvtLaunch? launch, out _));
        LaunchedRow limit = LaunchedRows.Of(launch.Executable.Span, ConstantsLayout.FirstRow)
            .Single(row => row.Number == Setrlimit && row.Arguments[0] == ResourceLimits.OpenFiles);
        Assert.Equal(21, limit.Data(16)[0]);
    }

    private static string? Report(SandboxFacts facts) => Confinement.For(facts, Wanted, hasEmptyDirectory: true).Report;

    /// <summary>3 under hvt, where /dev/kvm was; behind epoll set and timer under spt.</summary>
    private static ulong Free(GuestTarget target) => target == GuestTarget.Hvt ? 3UL : 5;

    private static ulong[] Limits(GuestTarget target) => target == GuestTarget.Hvt
        ? [ResourceLimits.Core, ResourceLimits.FileSize, ResourceLimits.OpenFiles, ResourceLimits.LockedMemory, ResourceLimits.AddressSpace]
        :
        [
            ResourceLimits.Core, ResourceLimits.FileSize, ResourceLimits.OpenFiles, ResourceLimits.ProcessCount, ResourceLimits.LockedMemory,
            ResourceLimits.AddressSpace,
        ];

    private static List<LaunchedRow> Rows(GuestTarget target, Confinement confinement)
    {
        if (target == GuestTarget.Spt)
        {
            Assert.True(UnikernelImage.TryParse(SampleGuests.Exit(0, target), out UnikernelImage? image, out _));
            Assert.True(GuestMemorySize.TryFromMebibytes(4, AbiTarget.Spt, out GuestMemorySize memory, out _));
            var request = new SptLaunchRequest
            {
                Image = image, Memory = memory, CommandLine = default, ImageAccess = ImageAccess.Share, Confinement = confinement,
            };
            Assert.True(SptLaunch.TryBuild(request, out SptLaunch? launch, out _));
            return LaunchedRows.Of(launch.Executable.Span, SptLayout.FirstRow);
        }

        Assert.True(UnikernelImage.TryParse(SampleGuests.Exit(0), out UnikernelImage? hvtImage, out _));
        Assert.True(HvtLaunch.TryBuild(HvtRequest(hvtImage, confinement), out HvtLaunch? hvt, out _));
        return LaunchedRows.Of(hvt.Executable.Span, ConstantsLayout.FirstRow);
    }

    private static HvtLaunchRequest HvtRequest(UnikernelImage image, Confinement confinement) => new()
    {
        Image = image,
        Memory = ImageBytes.Memory(),
        CommandLine = default,
        Kvm = new KvmFacts(12288, new byte[48]),
        ImageAccess = ImageAccess.Share,
        Confinement = confinement,
    };
}
