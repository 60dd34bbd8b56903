namespace Albatross.Solo5.Launch;

/// <summary>
/// Turns rules into a seccomp program (seccomp(2)): a system call that fits no rule, or one of another architecture, kills the process.
/// </summary>
internal static class SyscallFilter
{
    // include/uapi/linux/seccomp.h and audit.h
    internal const uint Allow = 0x7fff_0000;
    internal const uint KillProcess = 0x8000_0000;
    internal const uint X86_64 = 0xc000_003e;

    /// <summary>Numbers from here on are of the x32 interface, or negative.</summary>
    internal const uint FirstX32Number = 0x4000_0000;

    // struct seccomp_data: nr u32 @0, arch u32 @4, instruction pointer u64 @8, six arguments u64 from @16.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;

    /// <summary>
    /// The program as an array of struct sock_filter. Rules of one number are tried in their order; the order has no effect.
    /// </summary>
    internal static byte[] Build(IReadOnlyCollection<FilterRule> rules)
    {
        var program = new FilterProgram();
        int kill = program.Return(KillProcess);
        int dispatch = kill;
        foreach (IGrouping<int, FilterRule> alternatives in rules.GroupBy(rule => rule.Number).OrderByDescending(group => group.Key))
        {
            int body = program.Return(KillProcess);
            foreach (FilterRule rule in alternatives.Reverse())
            {
                body = Emit(program, rule, otherwise: body);
            }

            // Reached with the number still loaded: the bodies in between are jumped over.
            dispatch = program.Jump(FilterComparison.Equal, (uint)alternatives.Key, ifTrue: body, ifFalse: dispatch);
        }

        program.Jump(FilterComparison.GreaterOrEqual, FirstX32Number, ifTrue: kill, ifFalse: dispatch);
        int number = program.Load(NumberOffset);
        program.Jump(FilterComparison.Equal, X86_64, ifTrue: number, ifFalse: kill);
        program.Load(ArchitectureOffset);
        return program.ToBytes();
    }

    private static int Emit(FilterProgram program, FilterRule rule, int otherwise)
    {
        int next = program.Return(Allow);
        foreach (FilterCondition condition in rule.Conditions.Reverse())
        {
            next = Emit(program, condition, next, otherwise);
        }

        return next;
    }

    /// <summary>Tests one argument, the high half first: BPF has 32-bit words only.</summary>
    private static int Emit(FilterProgram program, FilterCondition condition, int holds, int fails)
    {
        uint low = ArgumentsOffset + (8 * (uint)condition.Argument);
        uint high = low + 4;
        switch (condition)
        {
            case FilterCondition.Equal equal:
                program.Jump(FilterComparison.Equal, (uint)equal.Value, holds, fails);
                int lowTest = program.Load(low);
                program.Jump(FilterComparison.Equal, (uint)(equal.Value >> 32), lowTest, fails);
                return program.Load(high);

            case FilterCondition.AtMost atMost:
                uint highLimit = (uint)(atMost.Value >> 32);
                program.Jump(FilterComparison.Greater, (uint)atMost.Value, fails, holds);
                int lowLimitTest = program.Load(low);
                int sameHigh = program.Jump(FilterComparison.Equal, highLimit, lowLimitTest, holds);
                program.Jump(FilterComparison.Greater, highLimit, fails, sameHigh);
                return program.Load(high);

            case FilterCondition.HighHalf half:
                program.Jump(FilterComparison.Equal, half.Value, holds, fails);
                return program.Load(high);

            default:
                throw new UnreachableException($"condition {condition.GetType().Name} has no code");
        }
    }
}
