using System.Buffers.Binary;

namespace Albatross.Solo5.Launch;

/// <summary>What the two targets close their process in with.</summary>
internal sealed record ConfinementPlan
{
    /// <summary>The process's name in /proc, with its NUL, at most 16 bytes.</summary>
    internal required ReadOnlyMemory<byte> ProcessName { get; init; }

    /// <summary>The CPUs on which it may run; empty: as inherited.</summary>
    internal required ImmutableArray<int> Cpus { get; init; }

    /// <summary>What the host and the process's rights allow.</summary>
    internal required Confinement Confinement { get; init; }

    internal required ResourceLimits Limits { get; init; }

    /// <summary>The lowest descriptor that is free: landlock's ruleset gets it for a moment.</summary>
    internal required int FreeDescriptor { get; init; }

    /// <summary>Nothing stays mapped from here on.</summary>
    internal required ulong GuestEnd { get; init; }

    /// <summary>The filter's program.</summary>
    internal required byte[] Filter { get; init; }
}

/// <summary>
/// The rows that close the process in, in an order in which each can still do its work: no new privileges before landlock, which an
/// unprivileged process may not use otherwise; the bounding set before the user, because that needs a capability; limits behind landlock's
/// descriptor; the refusal of executable memory behind the last segment; and last the filter, because nothing before it would pass.
/// </summary>
internal static class ConfinementRows
{
    // include/uapi/linux/prctl.h
    private const ulong SetDumpable = 4, SetName = 15, DropBound = 24, NoNewPrivileges = 38, Ambient = 47, ClearAmbient = 4;
    private const ulong SetExecGain = 65, RefuseExecGain = 1;

    /// <summary>
    /// The process's root becomes the directory behind <paramref name="descriptor"/>, which is closed. Early, so that no other number
    /// changes: no launch opens anything by its path.
    /// </summary>
    internal static void AddEmptyRoot(CallTable table, int descriptor)
    {
        table.MustSucceed("fchdir", SystemCallNumber.Fchdir, (ulong)descriptor);
        table.MustSucceed("chroot", SystemCallNumber.Chroot, table.Place(".\0"u8));
        table.MustSucceed("close", SystemCallNumber.Close, (ulong)descriptor);
    }

    /// <summary>Adds every other row.</summary>
    internal static void Add(CallTable table, ConfinementPlan plan)
    {
        const ulong SetMask = 2;
        if (!plan.Cpus.IsEmpty)
        {
            byte[] mask = CpuMask(plan.Cpus);
            uint address = table.Place(mask);
            table.MustSucceed("sched_setaffinity", SystemCallNumber.SchedSetaffinity, 0, (ulong)mask.Length, address);
        }

        uint zeros = table.Place(new byte[16]);
        table.MustSucceed("rt_sigprocmask", SystemCallNumber.RtSigprocmask, SetMask, zeros, 0, 8);
        table.MustSucceed("PR_SET_NAME", SystemCallNumber.Prctl, SetName, table.Place(plan.ProcessName.Span));
        table.MustSucceed("PR_SET_NO_NEW_PRIVS", SystemCallNumber.Prctl, NoNewPrivileges, 1, 0, 0, 0);
        AddLandlock(table, plan.Confinement.LandlockVersion, plan.FreeDescriptor);
        AddRights(table, plan.Confinement.User, plan.Confinement.DroppedBounds);

        // A change of the user has set this already, and an ordinary user's process needs it as much.
        table.MustSucceed("PR_SET_DUMPABLE", SystemCallNumber.Prctl, SetDumpable, 0, 0, 0, 0);
        plan.Limits.AddTo(table);
        if (plan.Confinement.RefusesExecGain)
        {
            table.MustSucceed("PR_SET_MDWE", SystemCallNumber.Prctl, SetExecGain, RefuseExecGain, 0, 0, 0);
        }

        AddUnmapping(table, plan.GuestEnd);
        AddFilter(table, plan.Filter);
    }

    /// <summary>The filter: nothing after it but what it allows.</summary>
    private static void AddFilter(CallTable table, byte[] filter)
    {
        const ulong SetModeFilter = 1;
        var program = new byte[16];
        uint instructions = table.Place(filter);
        BinaryPrimitives.WriteUInt16LittleEndian(program, checked((ushort)(filter.Length / FilterProgram.InstructionBytes)));
        BinaryPrimitives.WriteUInt64LittleEndian(program.AsSpan(8), instructions);
        table.MustSucceed("seccomp", SystemCallNumber.Seccomp, SetModeFilter, 0, table.Place(program));
    }

    /// <summary>Every right that this version knows is handled, and no rule allows any.</summary>
    private static void AddLandlock(CallTable table, int version, int free)
    {
        if (version == 0)
        {
            return;
        }

        byte[] attributes = LandlockAttributes.Everything(version);
        table.MustEqual(
            "landlock_create_ruleset",
            (uint)free,
            SystemCallNumber.LandlockCreateRuleset,
            table.Place(attributes),
            (ulong)attributes.Length,
            0);
        table.MustSucceed("landlock_restrict_self", SystemCallNumber.LandlockRestrictSelf, (ulong)free, 0);
        table.MustSucceed("close", SystemCallNumber.Close, (ulong)free);
    }

    /// <summary>Capability bounds, groups, group, user, and at last every capability. Shared with the jail.</summary>
    internal static void AddRights(CallTable table, UnikernelUser? newUser, ulong droppedBounds)
    {
        for (int capability = 0; capability < 64; capability++)
        {
            if ((droppedBounds & (1UL << capability)) != 0)
            {
                table.MustSucceed("PR_CAPBSET_DROP", SystemCallNumber.Prctl, DropBound, (ulong)capability, 0, 0, 0);
            }
        }

        if (newUser is { } user)
        {
            table.MustSucceed("setgroups", SystemCallNumber.Setgroups, 0, 0);
            table.MustSucceed("setresgid", SystemCallNumber.Setresgid, user.GroupId, user.GroupId, user.GroupId);
            table.MustSucceed("setresuid", SystemCallNumber.Setresuid, user.UserId, user.UserId, user.UserId);
        }

        // struct __user_cap_header_struct of version 3, then twice effective, permitted and inheritable: nothing.
        const uint Version3 = 0x2008_0522;
        var header = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Version3);
        table.MustSucceed("PR_CAP_AMBIENT", SystemCallNumber.Prctl, Ambient, ClearAmbient, 0, 0, 0);
        table.MustSucceed("capset", SystemCallNumber.Capset, table.Place(header), table.Place(new byte[24]));
    }

    /// <summary>
    /// The stack first, by a row of its own that must succeed. Then whatever else lies above guest memory, which is the vdso: a kernel may
    /// have sealed it, and it is the kernel's own code, so that result does not matter. The vsyscall page is beyond this range.
    /// </summary>
    private static void AddUnmapping(CallTable table, ulong guestEnd)
    {
        table.UnmapStack("munmap of the stack");
        table.Ignore(SystemCallNumber.Munmap, guestEnd, ProcessLayout.AddressSpaceEnd - guestEnd);
    }

    /// <summary>cpu_set_t: one bit a CPU, in whole 64-bit words.</summary>
    private static byte[] CpuMask(ImmutableArray<int> cpus)
    {
        var mask = new byte[((cpus.Max() / 64) + 1) * 8];
        foreach (int cpu in cpus)
        {
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        return mask;
    }
}
