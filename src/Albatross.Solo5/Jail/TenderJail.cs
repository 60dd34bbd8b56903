using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Jail;

/// <summary>
/// What a process loses before it executes an installed tender, a program that is not ours: privileges that it could gain, capabilities,
/// core dumps, the files that it does not need, and namespaces. It keeps its own filter and needs a libc, so it gets no filter of ours, no
/// refusal of executable memory (that would outlive the execution, and tenders make their image executable) and no empty root.
/// </summary>
public sealed record TenderJail
{
    // include/uapi/linux/sched.h
    private const ulong Ipc = 0x0800_0000, HostName = 0x0400_0000, Users = 0x1000_0000, Network = 0x4000_0000;

    private TenderJail() { }

    /// <summary>As whom the tender runs; null: as the one that starts it.</summary>
    public UnikernelUser? User { get; private init; }

    /// <summary>Capabilities that go out of the bounding set, a bit for each.</summary>
    public ulong DroppedBounds { get; private init; }

    /// <summary>The version of landlock that restricts it to the files that it needs; 0: none.</summary>
    public int LandlockVersion { get; private init; }

    /// <summary>The new namespaces, as flags of unshare(2); 0: none.</summary>
    public ulong Namespaces { get; private init; }

    /// <summary>The layers that this process cannot have or was not asked for, with the reason for each.</summary>
    public ImmutableArray<LeftOutLayer> LeftOut { get; private init; } = [];

    /// <summary>What was left out as one sentence without a full stop, or null if nothing was.</summary>
    public string? Report => LeftOutLayer.Report("jail", LeftOut);

    /// <summary>
    /// The namespaces that a tender should get, as flags of unshare(2): an ordinary user makes them inside one of users. A tender that
    /// attaches taps by name needs the network namespace in which they are. Whether this works, the shell tries.
    /// </summary>
    public static ulong NamespacesFor(SandboxFacts facts, bool attachesTaps) =>
        Ipc | HostName | (attachesTaps ? 0 : Network) | (facts.MayMakeNamespaces ? 0 : Users);

    /// <summary>
    /// As much as <paramref name="facts"/> allow. <paramref name="user"/> is null when none was asked for: what the tender opens by its
    /// path has to be that user's. <paramref name="namespaces"/> are those of <see cref="NamespacesFor"/>, or 0 if this process cannot
    /// have them.
    /// </summary>
    public static TenderJail For(SandboxFacts facts, UnikernelUser? user, ulong namespaces)
    {
        bool hasUser = user is { } wanted && facts.MayChangeUser && facts.MayDropGroups && facts.Has(wanted);
        (bool Holds, LeftOutLayer Otherwise)[] layers =
        [
            (hasUser, new(SandboxLayer.OwnUser, user is null ? "no --user" : LeftOutLayer.NotRoot)),
            (facts.MayDropBounds || facts.BoundingCapabilities == 0, new(SandboxLayer.CapabilityBounds, LeftOutLayer.NotRoot)),
            (facts.LandlockVersion > 0, new(SandboxLayer.Landlock, LeftOutLayer.NotInKernel)),
            (namespaces != 0, new(SandboxLayer.Namespaces, "forbidden here")),
        ];
        return new TenderJail
        {
            User = hasUser ? user : null,
            DroppedBounds = facts.MayDropBounds ? facts.BoundingCapabilities : 0,
            LandlockVersion = facts.LandlockVersion,
            Namespaces = namespaces,
            LeftOut = [.. layers.Where(layer => !layer.Holds).Select(layer => layer.Otherwise)],
        };
    }
}
