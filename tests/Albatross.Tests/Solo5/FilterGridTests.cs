using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tests.Solo5;

/// <summary>
/// Both filters, interpreted over a grid of calls and arguments, against what is allowed in plain words of C# and plain numbers: nothing
/// here knows the rules from which the programs are made. The unikernel has a disk of 1 MiB and a half in sectors of 4096 bytes with
/// descriptor 6 and a tap with descriptor 7; 8 is the vCPU or the timer.
/// </summary>
public sealed class FilterGridTests
{
    private const ulong Capacity = 0x18_0000, Sector = 4096, GuestPage = 0x1_0010_0000;
    private const ulong Fd0 = 0, Console = 1, Errors = 2, Epoll = 3, HvtTimer = 5, Disk = 6, Tap = 7, Own = 8;
    private const ulong Scratch = 0x1_8000, ScratchTimer = Scratch + 16, ScratchRegisters = Scratch + 128, ScratchText = Scratch + 512;
    private const ulong PollSet = Scratch + 1024;
    private const uint X86 = 0xc000_003e;

    private static readonly ImmutableArray<AttachedDevice> Devices =
    [
        new AttachedDevice(1, DeviceType.Block, (int)Disk, Capacity, (int)Sector),
        new AttachedDevice(3, DeviceType.Net, (int)Tap, 0, 0),
    ];

    private static readonly ulong[] First =
        [Fd0, Console, Errors, Epoll, 4, HvtTimer, Disk, Tap, Own, 9, 0x1002, 0x1001, 0x1003, PollSet, ulong.MaxValue, Disk | (1UL << 32), Own | (1UL << 63)];

    private static readonly ulong[] Second =
    [
        0, 1, 0xAE80, 0x8090_AE81, 0x4090_AE82, 0xAE41, 4, Scratch, ScratchTimer, ScratchText, GuestPage, 0x1_0000_0000, 0xFFFF_FFFF, 0x2_0000_0000,
        0xAE80 | (1UL << 32), ulong.MaxValue,
    ];

    private static readonly ulong[] Third =
        [0, 1, 512, Sector, Sector - 1, Capacity, Capacity + 1, ScratchTimer, ScratchRegisters, ScratchText, Sector | (1UL << 32), ulong.MaxValue];

    private static readonly ulong[] Fourth =
        [0, 1, Capacity - Sector, Capacity - Sector + 1, Capacity - 1, Capacity, Capacity | (1UL << 32), 1UL << 63, ulong.MaxValue];

    private static readonly int[] Interesting = [0, 1, 16, 17, 18, 158, 228, 231, 271, 281, 286];

    [Fact]
    public void Hvt_allows_what_its_run_loop_needs_and_nothing_else() =>
        Compare(SyscallFilter.Build(HvtFilter.Rules((int)Own, Devices)), HvtAllows, least: 1000);

    [Fact]
    public void Spt_allows_what_its_ABI_gives_to_guests_and_nothing_else() =>
        Compare(SyscallFilter.Build(SptFilter.Rules((int)Own, Devices)), SptAllows, least: 1000);

    private static bool HvtAllows(uint number, ulong[] a)
    {
        bool inGuest = a[1] >> 32 == 1;
        return number switch
        {
            0 => a[0] == Tap && inGuest,
            1 => (a[0] is Console or Tap && inGuest) || (a[0] == Errors && a[1] == ScratchText),
            16 => a[0] == Own && (a[1] == 0xAE80 || (a[1] == 0x8090_AE81 && a[2] == ScratchRegisters)),
            17 or 18 => a[0] == Disk && inGuest && a[2] <= Capacity && a[3] < Capacity,
            228 => a[0] == 0 && a[1] == Scratch,
            231 => true,
            271 => a[0] == PollSet && a[1] == 4 && a[3] == 0,
            286 => a[0] == HvtTimer && a[1] == 0 && a[2] == ScratchTimer && a[3] == 0,
            _ => false,
        };
    }

    private static bool SptAllows(uint number, ulong[] a) => number switch
    {
        0 => a[0] == Tap,
        1 => a[0] is Console or Tap,
        17 or 18 => a[0] == Disk && a[2] == Sector && a[3] <= Capacity - Sector,
        158 => a[0] == 0x1002,
        228 => a[0] is 0 or 1,
        231 => true,
        281 => a[0] == Epoll,
        286 => a[0] == Own,
        _ => false,
    };

    private static void Compare(byte[] program, Func<uint, ulong[], bool> allows, int least)
    {
        int allowed = 0, asked = 0;
        void Ask(uint architecture, uint number, ulong[] arguments)
        {
            bool expected = architecture == X86 && allows(number, arguments);
            uint verdict = FilterInterpreter.Run(program, new FilteredCall(architecture, number, arguments));
            if (verdict != (expected ? SyscallFilter.Allow : SyscallFilter.KillProcess))
            {
                Assert.Fail($"{architecture:x} {number} {string.Join(' ', arguments.Select(a => $"{a:x}"))}: {verdict:x}");
            }

            asked++;
            allowed += expected ? 1 : 0;
        }

        foreach (int number in Interesting)
        {
            foreach (ulong[] arguments in Tuples(First, Second, Third, Fourth))
            {
                Ask(X86, (uint)number, arguments);
            }
        }

        // Every other number, those of x32, and the same calls through other doors: i386, arm64, none.
        uint[] numbers = [.. Enumerable.Range(0, 1024).Select(n => (uint)n), .. Interesting.Select(n => (uint)n | 0x4000_0000), 0x3fff_ffff, uint.MaxValue];
        foreach (ulong[] arguments in Tuples([Console, Disk, Tap, Own], [0xAE80, GuestPage], [Sector], [0]))
        {
            foreach (uint number in numbers)
            {
                Ask(X86, number, arguments);
            }

            foreach (uint architecture in (uint[])[0x4000_0003, 0xc000_00b7, 0x4000_003e, 0])
            {
                Array.ForEach(Interesting, number => Ask(architecture, (uint)number, arguments));
            }
        }

        Assert.True(asked > 300_000 && allowed > least, $"{allowed} of {asked} are allowed");
    }

    private static IEnumerable<ulong[]> Tuples(ulong[] first, ulong[] second, ulong[] third, ulong[] fourth) =>
        from a in first
        from b in second
        from c in third
        from d in fourth
        select (ulong[])[a, b, c, d, 0, 0];
}
