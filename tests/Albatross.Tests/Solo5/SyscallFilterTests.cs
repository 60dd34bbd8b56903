using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tests.Solo5;

/// <summary>
/// The filter's program, interpreted, against the rules read as plain conditions, over a grid and around every boundary.
/// </summary>
public sealed class SyscallFilterTests
{
    private const int Vcpu = 8;
    private const ulong Capacity = 0x1_0000_1000;

    private static readonly ImmutableArray<AttachedDevice> Devices =
    [
        new AttachedDevice(1, DeviceType.Block, 6, Capacity, 512),
        new AttachedDevice(3, DeviceType.Net, 7, 0, 0),
    ];

    private static readonly ImmutableArray<AttachedDevice> SptDevices =
    [
        new AttachedDevice(1, DeviceType.Block, 6, Capacity, 4096),
        new AttachedDevice(3, DeviceType.Net, 7, 0, 0),
    ];

    private static readonly uint[] Numbers =
        [.. Enumerable.Range(0, 600).Select(n => (uint)n), 0x3fffffff, 0x40000000, 0x40000001, uint.MaxValue];

    [Fact]
    public void Without_devices_exactly_eight_calls_pass_and_each_only_with_its_arguments()
    {
        List<FilterRule> rules = HvtFilter.Rules(6, []);
        Assert.Equal([1, 16, 228, 231, 271, 286], rules.Select(rule => rule.Number).Distinct().Order());
        CompareOverGrid(rules);
    }

    [Fact]
    public void With_a_disk_and_a_tap_the_program_agrees_with_its_rules() => CompareOverGrid(HvtFilter.Rules(Vcpu, Devices));

    [Fact]
    public void The_filter_of_spt_agrees_with_its_rules_without_and_with_devices()
    {
        CompareOverGrid(SptFilter.Rules(4, []));
        CompareOverGrid(SptFilter.Rules(Vcpu, SptDevices));
    }

    [Theory]
    [InlineData("console", SystemCallNumber.Write, new ulong[] { 1, 0, 5 }, true)]
    [InlineData("stderr", SystemCallNumber.Write, new ulong[] { 2, 0, 5 }, false)]
    [InlineData("console with a high descriptor half", SystemCallNumber.Write, new ulong[] { 0x1_0000_0001, 0, 5 }, false)]
    [InlineData("read stdin", SystemCallNumber.Read, new ulong[] { 0, 0, 5 }, false)]
    [InlineData("read the tap", SystemCallNumber.Read, new ulong[] { 7, 0, 5 }, true)]
    [InlineData("write the tap", SystemCallNumber.Write, new ulong[] { 7, 0, 5 }, true)]
    [InlineData("read the disk as a tap", SystemCallNumber.Read, new ulong[] { 6, 0, 5 }, false)]
    [InlineData("last sector", SystemCallNumber.Pwrite, new ulong[] { 6, 0, 4096, Capacity - 4096 }, true)]
    [InlineData("across the end", SystemCallNumber.Pwrite, new ulong[] { 6, 0, 4096, Capacity - 4095 }, false)]
    [InlineData("half a sector", SystemCallNumber.Pread, new ulong[] { 6, 0, 2048, 0 }, false)]
    [InlineData("a sector with a high half", SystemCallNumber.Pread, new ulong[] { 6, 0, 0x1_0000_1000, 0 }, false)]
    [InlineData("pread of the tap", SystemCallNumber.Pread, new ulong[] { 7, 0, 4096, 0 }, false)]
    [InlineData("epoll_pwait", SystemCallNumber.EpollPwait, new ulong[] { 3 }, true)]
    [InlineData("epoll_pwait elsewhere", SystemCallNumber.EpollPwait, new ulong[] { 4 }, false)]
    [InlineData("the timer", SystemCallNumber.TimerfdSettime, new ulong[] { 8 }, true)]
    [InlineData("another timer", SystemCallNumber.TimerfdSettime, new ulong[] { 3 }, false)]
    [InlineData("monotonic clock", SystemCallNumber.ClockGettime, new ulong[] { 1 }, true)]
    [InlineData("wall clock", SystemCallNumber.ClockGettime, new ulong[] { 0 }, true)]
    [InlineData("CPU clock", SystemCallNumber.ClockGettime, new ulong[] { 2 }, false)]
    [InlineData("ARCH_SET_FS", SystemCallNumber.ArchPrctl, new ulong[] { 0x1002 }, true)]
    [InlineData("ARCH_SET_GS", SystemCallNumber.ArchPrctl, new ulong[] { 0x1001 }, false)]
    [InlineData("exit_group", SystemCallNumber.ExitGroup, new ulong[] { 5 }, true)]
    [InlineData("exit", 60, new ulong[] { 5 }, false)]
    [InlineData("epoll_ctl", SystemCallNumber.EpollCtl, new ulong[] { 3 }, false)]
    public void A_call_of_an_spt_guest_passes_or_kills(string name, int number, ulong[] arguments, bool passes)
    {
        uint verdict = FilterInterpreter.Run(
            SyscallFilter.Build(SptFilter.Rules(Vcpu, SptDevices)), new FilteredCall(SyscallFilter.X86_64, (uint)number, arguments));
        Assert.True(verdict == (passes ? SyscallFilter.Allow : SyscallFilter.KillProcess), name);
    }

    [Theory]
    [InlineData("run the vCPU", SystemCallNumber.Ioctl, new ulong[] { 8, KvmRequest.Run, 0 }, true)]
    [InlineData("make another vCPU", SystemCallNumber.Ioctl, new ulong[] { 8, KvmRequest.CreateVcpu, 0 }, false)]
    [InlineData("set registers", SystemCallNumber.Ioctl, new ulong[] { 8, KvmRequest.SetRegisters, ScratchLayout.Registers }, false)]
    [InlineData("registers to scratch", SystemCallNumber.Ioctl, new ulong[] { 8, KvmRequest.GetRegisters, ScratchLayout.Registers }, true)]
    [InlineData("registers elsewhere", SystemCallNumber.Ioctl, new ulong[] { 8, KvmRequest.GetRegisters, ScratchLayout.Text }, false)]
    [InlineData("console from guest memory", SystemCallNumber.Write, new ulong[] { 1, 0x1_0010_0000, 5 }, true)]
    [InlineData("console from the launcher", SystemCallNumber.Write, new ulong[] { 1, ProcessLayout.Table, 5 }, false)]
    [InlineData("console with a high descriptor half", SystemCallNumber.Write, new ulong[] { 0x1_0000_0001, 0x1_0010_0000, 5 }, false)]
    [InlineData("message", SystemCallNumber.Write, new ulong[] { 2, ScratchLayout.Text, 5 }, true)]
    [InlineData("message from guest memory", SystemCallNumber.Write, new ulong[] { 2, 0x1_0010_0000, 5 }, false)]
    [InlineData("read stdin", SystemCallNumber.Read, new ulong[] { 0, 0x1_0010_0000, 5 }, false)]
    [InlineData("read the tap", SystemCallNumber.Read, new ulong[] { 7, 0x1_0010_0000, 5 }, true)]
    [InlineData("last byte of the disk", SystemCallNumber.Pwrite, new ulong[] { 6, 0x1_0010_0000, 1, Capacity - 1 }, true)]
    [InlineData("behind the disk", SystemCallNumber.Pwrite, new ulong[] { 6, 0x1_0010_0000, 1, Capacity }, false)]
    [InlineData("longer than the disk", SystemCallNumber.Pread, new ulong[] { 6, 0x1_0010_0000, Capacity + 1, 0 }, false)]
    [InlineData("open a file", 257, new ulong[] { 0, 0x1_0010_0000, 0 }, false)]
    [InlineData("map memory", SystemCallNumber.Mmap, new ulong[] { 0, 4096, 7 }, false)]
    public void A_call_passes_or_kills(string name, int number, ulong[] arguments, bool passes)
    {
        uint verdict = FilterInterpreter.Run(
            SyscallFilter.Build(HvtFilter.Rules(Vcpu, Devices)),
            new FilteredCall(SyscallFilter.X86_64, (uint)number, arguments));
        Assert.True(verdict == (passes ? SyscallFilter.Allow : SyscallFilter.KillProcess), name);
    }

    [Theory]
    [InlineData(0x40000003u)]
    [InlineData(0xc00000b7u)]
    [InlineData(0u)]
    public void Another_architecture_kills(uint architecture) => Assert.Equal(
        SyscallFilter.KillProcess,
        FilterInterpreter.Run(SyscallFilter.Build(HvtFilter.Rules(Vcpu, Devices)), new FilteredCall(architecture, 231)));

    [Fact]
    public void A_filter_of_sixty_three_disks_keeps_its_long_jumps_right()
    {
        ImmutableArray<AttachedDevice> disks =
            [.. Enumerable.Range(1, 63).Select(i => new AttachedDevice(i, DeviceType.Block, 5 + i, (ulong)i << 31, 512))];
        List<FilterRule> rules = HvtFilter.Rules(69, disks);
        byte[] program = SyscallFilter.Build(rules);
        for (int descriptor = 0; descriptor < 72; descriptor++)
        {
            foreach (ulong offset in (ulong[])[0, (1UL << 31) - 1, 1UL << 31, (1UL << 36) - 1, 1UL << 37])
            {
                Compare(rules, program, new FilteredCall(SyscallFilter.X86_64, 17, (ulong)descriptor, 0x1_0000_0000, 512, offset));
                Compare(rules, program, new FilteredCall(SyscallFilter.X86_64, 18, (ulong)descriptor, 0x2_0000_0000, 512, offset));
            }
        }

        Assert.True(program.Length / FilterProgram.InstructionBytes < 4096, "the kernel's limit");
    }

    private static void CompareOverGrid(List<FilterRule> rules)
    {
        byte[] program = SyscallFilter.Build(rules);
        var random = new Random(7);
        ulong[] edges = [.. rules.SelectMany(rule => rule.Conditions).SelectMany(Edges), 0, 1, 2, 3, ulong.MaxValue];
        foreach (uint number in Numbers)
        {
            Compare(rules, program, new FilteredCall(SyscallFilter.X86_64, number, 0, 0, 0, 0, 0, 0));
        }

        foreach (FilterRule rule in rules)
        {
            for (int i = 0; i < 4000; i++)
            {
                // Start from arguments that pass, then change some of them.
                var arguments = new ulong[6];
                foreach (FilterCondition condition in rule.Conditions)
                {
                    arguments[condition.Argument] = Edges(condition)[0];
                }

                for (int change = random.Next(3); change > 0; change--)
                {
                    arguments[random.Next(6)] = edges[random.Next(edges.Length)] + (random.Next(4) == 0 ? 1UL << 32 : 0);
                }

                Compare(rules, program, new FilteredCall(SyscallFilter.X86_64, (uint)rule.Number, arguments));
            }
        }
    }

    private static void Compare(List<FilterRule> rules, byte[] program, FilteredCall call)
    {
        bool allowed = rules.Any(rule => rule.Number == call.Number && rule.Conditions.All(condition => Holds(condition, call.Arguments)));
        uint expected = allowed ? SyscallFilter.Allow : SyscallFilter.KillProcess;
        Assert.True(expected == FilterInterpreter.Run(program, call), $"{call.Number} {string.Join(' ', call.Arguments)}");
    }

    private static bool Holds(FilterCondition condition, ulong[] arguments) => condition switch
    {
        FilterCondition.Equal equal => arguments[equal.Argument] == equal.Value,
        FilterCondition.AtMost atMost => arguments[atMost.Argument] <= atMost.Value,
        FilterCondition.HighHalf half => arguments[half.Argument] >> 32 == half.Value,
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Values around the condition; the first one satisfies it.</summary>
    private static ulong[] Edges(FilterCondition condition) => condition switch
    {
        FilterCondition.Equal equal => [equal.Value, equal.Value + 1, equal.Value ^ (1UL << 40)],
        FilterCondition.AtMost most => [most.Value, most.Value + 1, most.Value - 1, most.Value >> 1, most.Value ^ (1UL << 32)],
        FilterCondition.HighHalf half => [(ulong)half.Value << 32, ((ulong)half.Value << 32) - 1, ((ulong)half.Value + 1) << 32],
        _ => throw new InvalidOperationException(),
    };
}
