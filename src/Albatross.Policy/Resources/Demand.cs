using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Resources;

/// <summary>What one unikernel takes from the policies above it.</summary>
/// <param name="MemoryMib">Guest memory in MiB, 1 or more.</param>
/// <param name="CpuIds">Host CPUs; not empty.</param>
/// <param name="Bridges">Host bridges.</param>
/// <param name="Blocks">Block devices of its path, which nobody else may have meanwhile.</param>
public sealed record Demand(long MemoryMib, ValueSet<long> CpuIds, ValueSet<RawText> Bridges, ValueSet<Name> Blocks = default)
{
    /// <summary>The largest guest memory that a tender takes, in MiB (Solo5 hvt: 4 GiB).</summary>
    public const long MaxMemoryMib = 4096;

    /// <summary>What covers this and <paramref name="other"/>, of which one at a time runs.</summary>
    public Demand Or(Demand other) =>
        new(Math.Max(MemoryMib, other.MemoryMib), CpuIds.Union(other.CpuIds), Bridges.Union(other.Bridges), Blocks.Union(other.Blocks));

    /// <summary>
    /// The block device of the host that <paramref name="block"/> means for a unikernel of <paramref name="path"/>: only those of its own
    /// path can be attached.
    /// </summary>
    public static bool TryNameBlock(NamePath path, BlockAttachment block, out Name name, [NotNullWhen(false)] out Refusal? refusal)
    {
        bool parsed = Label.TryParse(block.HostBlock.ToString(), out Label label, out refusal);
        refusal = parsed ? null : refusal! with { Text = $"block device {block.HostBlock}: {refusal.Text}" };
        name = parsed ? new Name(path, label) : default;
        return refusal is null;
    }

    /// <summary>
    /// What <paramref name="settings"/> demand that were good when they were stored. A block device whose name is none is left out.
    /// </summary>
    public static Demand Of(NamePath path, UnikernelSettings settings) => new(
        settings.MemoryMib,
        settings.CpuIds,
        settings.HostBridges,
        new ValueSet<Name>(settings.Blocks
            .Select(block => TryNameBlock(path, block, out Name name, out _) ? name : default)
            .Where(name => name.Label is not null)));

    /// <summary>
    /// Reads what <paramref name="settings"/> demand for a unikernel of <paramref name="path"/>, or refuses numbers and names that no
    /// unikernel can have.
    /// </summary>
    public static bool TryOf(
        NamePath path, UnikernelSettings settings, [NotNullWhen(true)] out Demand? demand, [NotNullWhen(false)] out Refusal? refusal)
    {
        demand = null;
        refusal = settings switch
        {
            { MemoryMib: < 1 or > MaxMemoryMib } =>
                new Refusal(RefusalCode.InvalidValue, $"memory must be 1 to {MaxMemoryMib} MB, not {settings.MemoryMib} MB"),
            { CpuIds.Count: 0 } => new Refusal(RefusalCode.InvalidValue, "CPUids may not be empty"),
            _ => null,
        };
        if (refusal is not null || !TryNameBlocks(path, settings, out ValueSet<Name> blocks, out refusal))
        {
            return false;
        }

        demand = new Demand(settings.MemoryMib, settings.CpuIds, settings.HostBridges, blocks);
        return true;
    }

    private static bool TryNameBlocks(
        NamePath path, UnikernelSettings settings, out ValueSet<Name> blocks, [NotNullWhen(false)] out Refusal? refusal)
    {
        var names = new List<Name>();
        refusal = null;
        foreach (BlockAttachment block in settings.Blocks)
        {
            if (TryNameBlock(path, block, out Name name, out refusal) && names.Contains(name))
            {
                refusal = new Refusal(RefusalCode.InvalidValue, $"block device {name} is attached twice");
            }

            if (refusal is not null)
            {
                break;
            }

            names.Add(name);
        }

        blocks = new ValueSet<Name>(names);
        return refusal is null;
    }
}
