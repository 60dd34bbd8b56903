namespace Albatross.Solo5.Launch;

/// <summary>
/// What a launch has to know about the kernel and the process that becomes the unikernel; the shell asks for it once. The default is what
/// holds everywhere: nothing but what every process may do.
/// </summary>
public sealed record SandboxFacts
{
    // include/uapi/linux/capability.h
    private const int SetGroup = 6, SetUser = 7, SetBounds = 8, ChangeRoot = 18, Administer = 21;

    /// <summary>The version of landlock (landlock_create_ruleset(2)), from 1 on; 0 where there is none.</summary>
    public int LandlockVersion { get; init; }

    /// <summary>Whether the kernel knows PR_SET_MDWE (Linux 6.3).</summary>
    public bool HasExecGainRefusal { get; init; }

    /// <summary>The effective capabilities of the process, a bit for each.</summary>
    public ulong EffectiveCapabilities { get; init; }

    /// <summary>Its capability bounding set, a bit for each.</summary>
    public ulong BoundingCapabilities { get; init; }

    /// <summary>False in a user namespace that forbids setgroups(2).</summary>
    public bool MayDropGroups { get; init; } = true;

    /// <summary>The users that the process's user namespace has.</summary>
    public ImmutableArray<IdRange> Users { get; init; } = [IdRange.All];

    /// <summary>The groups that the process's user namespace has.</summary>
    public ImmutableArray<IdRange> Groups { get; init; } = [IdRange.All];

    /// <summary>setresuid and setresgid to any user and group.</summary>
    internal bool MayChangeUser => Has(SetUser) && Has(SetGroup);

    /// <summary>PR_CAPBSET_DROP.</summary>
    internal bool MayDropBounds => Has(SetBounds);

    /// <summary>chroot(2).</summary>
    internal bool MayChangeRoot => Has(ChangeRoot);

    /// <summary>unshare(2) of everything.</summary>
    internal bool MayMakeNamespaces => Has(Administer);

    /// <summary>Whether the user namespace has both the user and the group.</summary>
    internal bool Has(UnikernelUser user) =>
        Users.Any(range => range.Contains(user.UserId)) && Groups.Any(range => range.Contains(user.GroupId));

    private bool Has(int capability) => (EffectiveCapabilities & (1UL << capability)) != 0;
}

/// <summary>A range of users or groups.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Count">How many, from 1 on.</param>
public readonly record struct IdRange(uint First, uint Count)
{
    /// <summary>Every number but the last, which means none.</summary>
    public static IdRange All { get; } = new(0, uint.MaxValue);

    /// <summary>Whether <paramref name="id"/> lies inside.</summary>
    public bool Contains(uint id) => id >= First && id - First < Count;
}

/// <summary>The user and the group as which a unikernel's process runs; neither is 0.</summary>
/// <param name="UserId">The user.</param>
/// <param name="GroupId">The only group.</param>
public readonly record struct UnikernelUser(uint UserId, uint GroupId)
{
    /// <summary>Where users begin that belong to nobody else: free in the table of systemd (UIDS-GIDS).</summary>
    private const uint FirstOwn = 0x7000_0000;

    /// <summary>What a process number adds to it at most (PID_MAX_LIMIT).</summary>
    private const uint OwnMask = 0x3f_ffff;

    /// <summary>nobody and nogroup.</summary>
    public static UnikernelUser Nobody { get; } = new(65534, 65534);

    /// <summary>A user for one process: as long as it runs, no other process has its number, so no other unikernel has its user.</summary>
    public static UnikernelUser OfProcess(int processId)
    {
        uint own = FirstOwn + ((uint)processId & OwnMask);
        return new UnikernelUser(own, own);
    }

    /// <summary>
    /// A user for a unikernel of the daemon, which numbers its starts: another one for each of those that run at once. None that
    /// <see cref="OfProcess"/> gives is among them.
    /// </summary>
    public static UnikernelUser OfStart(long incarnation)
    {
        uint own = FirstOwn + OwnMask + 1 + ((uint)incarnation & OwnMask);
        return new UnikernelUser(own, own);
    }
}
