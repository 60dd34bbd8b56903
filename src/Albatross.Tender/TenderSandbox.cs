using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>The lock-down that this process, which becomes the unikernel, can have, and the directory that it needs for it.</summary>
internal sealed class TenderSandbox : IDisposable
{
    private readonly EmptyDirectory? _root;

    private TenderSandbox(Confinement confinement, EmptyDirectory? root) => (Confinement, _root) = (confinement, root);

    internal Confinement Confinement { get; }

    /// <summary>What stands behind the devices: nothing, or the empty root.</summary>
    internal ImmutableArray<SafeHandle> Descriptors => _root is null ? [] : [_root];

    /// <summary>Asks the host once.</summary>
    /// <exception cref="LinuxException">The directory for the root could be made and not be used.</exception>
    internal static TenderSandbox Open()
    {
        SandboxFacts facts = FactsOf(SandboxSupport.Probe());
        UnikernelUser user = UnikernelUser.OfProcess(Environment.ProcessId);
        EmptyDirectory? root = Confinement.For(facts, user, hasEmptyDirectory: true).HasEmptyRoot ? EmptyDirectory.TryCreate() : null;
        return new TenderSandbox(Confinement.For(facts, user, root is not null), root);
    }

    internal static SandboxFacts FactsOf(SandboxSupport support) => new()
    {
        LandlockVersion = support.LandlockVersion,
        HasExecGainRefusal = support.HasExecGainRefusal,
        EffectiveCapabilities = support.Rights.EffectiveCapabilities,
        BoundingCapabilities = support.Rights.BoundingCapabilities,
        MayDropGroups = support.MayDropGroups,
        Users = [.. support.Users.Select(range => new IdRange(range.First, range.Count))],
        Groups = [.. support.Groups.Select(range => new IdRange(range.First, range.Count))],
    };

    /// <inheritdoc/>
    public void Dispose() => _root?.Dispose();
}
