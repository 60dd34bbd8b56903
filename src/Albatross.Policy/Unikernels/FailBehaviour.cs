namespace Albatross.Policy.Unikernels;

/// <summary>What follows when a unikernel ends by itself (wire specification, FailBehaviour).</summary>
public abstract record FailBehaviour
{
    private protected FailBehaviour() { }

    /// <summary>It stays down.</summary>
    public sealed record Quit : FailBehaviour;

    /// <summary>It is started again.</summary>
    /// <param name="ExitCodes">On these exit codes only; empty means on all but the fixed exclusions (semantics, section 6).</param>
    public sealed record Restart(ValueSet<long> ExitCodes) : FailBehaviour;
}
