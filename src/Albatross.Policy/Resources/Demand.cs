using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Resources;

/// <summary>What one unikernel takes from the policies above it.</summary>
/// <param name="MemoryMib">Guest memory in MiB, 1 or more.</param>
/// <param name="CpuIds">Host CPUs; not empty.</param>
/// <param name="Bridges">Host bridges.</param>
public sealed record Demand(long MemoryMib, ValueSet<long> CpuIds, ValueSet<RawText> Bridges)
{
    /// <summary>The largest guest memory that a tender takes, in MiB (Solo5 hvt: 4 GiB).</summary>
    public const long MaxMemoryMib = 4096;

    /// <summary>What covers this and <paramref name="other"/>, of which one at a time runs.</summary>
    public Demand Or(Demand other) =>
        new(Math.Max(MemoryMib, other.MemoryMib), CpuIds.Union(other.CpuIds), Bridges.Union(other.Bridges));

    /// <summary>The demand of <paramref name="settings"/> whose numbers were read before.</summary>
    public static Demand Of(UnikernelSettings settings) => new(settings.MemoryMib, settings.CpuIds, settings.HostBridges);

    /// <summary>Reads the demand of <paramref name="settings"/>, or refuses numbers that no unikernel can have.</summary>
    public static bool TryOf(UnikernelSettings settings, [NotNullWhen(true)] out Demand? demand, [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = settings switch
        {
            { MemoryMib: < 1 or > MaxMemoryMib } =>
                new Refusal(RefusalCode.InvalidValue, $"memory must be 1 to {MaxMemoryMib} MB, not {settings.MemoryMib} MB"),
            { CpuIds.Count: 0 } => new Refusal(RefusalCode.InvalidValue, "CPUids may not be empty"),
            _ => null,
        };
        demand = refusal is null ? Of(settings) : null;
        return demand is not null;
    }
}
