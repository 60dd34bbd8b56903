namespace Albatross.Solo5.Launch;

/// <summary>
/// How a unikernel's process is closed in, beyond what every launch does: no new privileges, no capability, not dumpable, limits on
/// resources, no stack, and the filter of system calls. Made from facts by <see cref="For"/>, so that nothing is tried and failed silently.
/// </summary>
public sealed record Confinement
{
    /// <summary>What needs neither a right nor a feature of a newer kernel.</summary>
    public static Confinement Basic { get; } = For(new SandboxFacts(), UnikernelUser.Nobody, hasEmptyDirectory: false);

    private Confinement() { }

    /// <summary>As whom the process runs; null: as the one that starts it.</summary>
    public UnikernelUser? User { get; private init; }

    /// <summary>
    /// Whether the process gets an empty root. Then a descriptor of an empty directory stands behind those of the devices when it starts.
    /// </summary>
    public bool HasEmptyRoot { get; private init; }

    /// <summary>Capabilities that go out of the bounding set, a bit for each.</summary>
    public ulong DroppedBounds { get; private init; }

    /// <summary>The version of landlock whose every right is refused; 0: none.</summary>
    public int LandlockVersion { get; private init; }

    /// <summary>Whether memory can never become executable any more (PR_SET_MDWE).</summary>
    public bool RefusesExecGain { get; private init; }

    /// <summary>The layers that this process cannot have, with the reason for each.</summary>
    public ImmutableArray<LeftOutLayer> LeftOut { get; private init; } = [];

    /// <summary>What was left out as one sentence without a full stop, or null if nothing was.</summary>
    public string? Report => LeftOutLayer.Report("sandbox", LeftOut);

    /// <summary>
    /// As much as <paramref name="facts"/> allow. The process runs as <paramref name="wanted"/> if that user exists in its namespace, else
    /// as nobody. <paramref name="hasEmptyDirectory"/> says whether somebody could make an empty directory for its root.
    /// </summary>
    public static Confinement For(SandboxFacts facts, UnikernelUser wanted, bool hasEmptyDirectory)
    {
        UnikernelUser? user = !facts.MayChangeUser || !facts.MayDropGroups ? null
            : facts.Has(wanted) ? wanted
            : facts.Has(UnikernelUser.Nobody) ? UnikernelUser.Nobody : null;
        List<LeftOutLayer> leftOut = [];
        void Require(bool holds, SandboxLayer layer, string reason)
        {
            if (!holds)
            {
                leftOut.Add(new LeftOutLayer(layer, reason));
            }
        }

        Require(user is not null, SandboxLayer.OwnUser, facts.MayChangeUser ? "not in this user namespace" : LeftOutLayer.NotRoot);
        Require(
            facts.MayChangeRoot && hasEmptyDirectory,
            SandboxLayer.EmptyRoot,
            facts.MayChangeRoot ? "no directory could be made" : LeftOutLayer.NotRoot);
        Require(facts.MayDropBounds || facts.BoundingCapabilities == 0, SandboxLayer.CapabilityBounds, LeftOutLayer.NotRoot);
        Require(facts.LandlockVersion > 0, SandboxLayer.Landlock, LeftOutLayer.NotInKernel);
        Require(facts.HasExecGainRefusal, SandboxLayer.ExecGainRefusal, LeftOutLayer.NotInKernel);
        return new Confinement
        {
            User = user,
            HasEmptyRoot = facts.MayChangeRoot && hasEmptyDirectory,
            DroppedBounds = facts.MayDropBounds ? facts.BoundingCapabilities : 0,
            LandlockVersion = facts.LandlockVersion,
            RefusesExecGain = facts.HasExecGainRefusal,
            LeftOut = [.. leftOut],
        };
    }
}

/// <summary>A layer of the sandbox that not every process can have. The names are stable.</summary>
public enum SandboxLayer
{
    /// <summary>A user and group of its own, and no other group.</summary>
    OwnUser,

    /// <summary>A root directory in which nothing is and nothing can be made.</summary>
    EmptyRoot,

    /// <summary>An empty capability bounding set.</summary>
    CapabilityBounds,

    /// <summary>Landlock.</summary>
    Landlock,

    /// <summary>PR_SET_MDWE.</summary>
    ExecGainRefusal,

    /// <summary>Namespaces of its own; for the jail of an installed tender.</summary>
    Namespaces,
}

/// <summary>A layer that was left out.</summary>
/// <param name="Layer">Which one.</param>
/// <param name="Reason">Why, in a few words.</param>
public readonly record struct LeftOutLayer(SandboxLayer Layer, string Reason)
{
    internal const string NotRoot = "not root";
    internal const string NotInKernel = "not in this kernel";

    private string Name => Layer switch
    {
        SandboxLayer.OwnUser => "own user",
        SandboxLayer.EmptyRoot => "empty root",
        SandboxLayer.CapabilityBounds => "capability bounds",
        SandboxLayer.Landlock => "landlock",
        SandboxLayer.ExecGainRefusal => "refusal of executable memory",
        SandboxLayer.Namespaces => "namespaces",
        _ => throw new UnreachableException($"layer {Layer} has no name"),
    };

    /// <summary>"WHAT without A, B (reason), C (reason)"; null if nothing was left out.</summary>
    internal static string? Report(string what, ImmutableArray<LeftOutLayer> leftOut)
    {
        IEnumerable<string> parts = leftOut
            .GroupBy(layer => layer.Reason)
            .Select(group => $"{string.Join(", ", group.Select(layer => layer.Name))} ({group.Key})");
        return leftOut.IsEmpty ? null : $"{what} without {string.Join("; ", parts)}";
    }
}
