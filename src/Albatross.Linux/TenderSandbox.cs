using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Solo5.Launch;

namespace Albatross.Linux;

/// <summary>The lock-down that this process can give to unikernels, asked once, and the directory that it needs for it.</summary>
public sealed class TenderSandbox : IDisposable
{
    private readonly SandboxFacts _facts;
    private readonly EmptyDirectory? _root;

    private TenderSandbox(SandboxFacts facts, EmptyDirectory? root) => (_facts, _root) = (facts, root);

    /// <summary>What stands behind the devices of a launch: nothing, or the empty root.</summary>
    public ImmutableArray<SafeHandle> Descriptors => _root is null ? [] : [_root];

    /// <summary>Asks the host, and makes the empty root where unikernels may be given one.</summary>
    /// <exception cref="IOException">The directory for the root could be made and not be used, or there is no /proc.</exception>
    public static TenderSandbox Open()
    {
        SandboxFacts facts = SandboxSupport.Probe().Facts;
        bool mayHaveRoot = Confinement.For(facts, UnikernelUser.Nobody, hasEmptyDirectory: true).HasEmptyRoot;
        return new TenderSandbox(facts, mayHaveRoot ? EmptyDirectory.TryCreate() : null);
    }

    /// <summary>How a unikernel that is to run as <paramref name="user"/> is closed in: as much as this host allows.</summary>
    public Confinement ConfinementOf(UnikernelUser user) => Confinement.For(_facts, user, _root is not null);

    /// <inheritdoc/>
    public void Dispose() => _root?.Dispose();
}
