namespace Albatross.MachineCode.Model;

/// <summary>
/// What a round of the run loop does, seen from outside. Built by the oracle and by the model of the process, then compared.
/// </summary>
internal sealed class Behaviour
{
    internal const string Continues = "the guest continues";

    /// <summary>System calls with their arguments, in order.</summary>
    internal List<string> Calls { get; } = [];

    /// <summary>Stores into guest memory by the loop itself: address, bytes, value.</summary>
    internal List<(ulong Address, int Bytes, ulong Value)> Stores { get; } = [];

    /// <summary>How it ends: <see cref="Continues"/>, "exit N", or "dies: MESSAGE".</summary>
    internal string Ending { get; set; } = Continues;

    internal bool SameAs(Behaviour other) =>
        Ending == other.Ending && Calls.SequenceEqual(other.Calls) && Stores.SequenceEqual(other.Stores);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Ending} [{string.Join("; ", Calls)}] [{string.Join("; ", Stores.Select(s => $"{s.Address:x}:{s.Bytes}={s.Value:x}"))}]";
}
