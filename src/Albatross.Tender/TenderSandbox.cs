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
        SandboxFacts facts = SandboxSupport.Probe().Facts;
        UnikernelUser user = UnikernelUser.OfProcess(Environment.ProcessId);
        EmptyDirectory? root = Confinement.For(facts, user, hasEmptyDirectory: true).HasEmptyRoot ? EmptyDirectory.TryCreate() : null;
        return new TenderSandbox(Confinement.For(facts, user, root is not null), root);
    }

    /// <inheritdoc/>
    public void Dispose() => _root?.Dispose();
}
