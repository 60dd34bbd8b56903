using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Resources;

/// <summary>What one unikernel takes from the policies above it.</summary>
/// <param name="MemoryMib">Guest memory in MiB, 1 or more.</param>
/// <param name="CpuIds">Host CPUs; not empty.</param>
/// <param name="Bridges">Host bridges.</param>
/// <param name="Blocks">Block devices of its path, which nobody else may have meanwhile.</param>
/// <param name="Addresses">The addresses of its interfaces, which nobody else may have meanwhile.</param>
public sealed record Demand(
    long MemoryMib,
    ValueSet<long> CpuIds,
    ValueSet<RawText> Bridges,
    ValueSet<Name> Blocks = default,
    ValueSet<BridgeAddress> Addresses = default)
{
    /// <summary>The largest guest memory that a tender takes, in MiB (Solo5 hvt: 4 GiB).</summary>
    public const long MaxMemoryMib = 4096;

    /// <summary>What covers this and <paramref name="other"/>, of which one at a time runs.</summary>
    public Demand Or(Demand other) => new(
        Math.Max(MemoryMib, other.MemoryMib),
        CpuIds.Union(other.CpuIds),
        Bridges.Union(other.Bridges),
        Blocks.Union(other.Blocks),
        Addresses.Union(other.Addresses));

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
    /// What <paramref name="settings"/> demand for the unikernel <paramref name="name"/>, that were good when they were asked for or
    /// stored. A block device whose name is none is left out.
    /// </summary>
    public static Demand Of(Name name, UnikernelSettings settings) => new(
        settings.MemoryMib,
        settings.CpuIds,
        settings.HostBridges,
        new ValueSet<Name>(settings.Blocks
            .Select(block => TryNameBlock(name.Path, block, out Name host, out _) ? host : default)
            .Where(host => host.Label is not null)),
        new ValueSet<BridgeAddress>(settings.Nets.Select(net => BridgeAddress.Of(name, net))));

    /// <summary>
    /// Reads what <paramref name="settings"/> demand for the unikernel <paramref name="name"/>, or refuses numbers, names and addresses
    /// that no unikernel can have.
    /// </summary>
    public static bool TryOf(
        Name name, UnikernelSettings settings, [NotNullWhen(true)] out Demand? demand, [NotNullWhen(false)] out Refusal? refusal)
    {
        demand = null;
        refusal = settings switch
        {
            { MemoryMib: < 1 or > MaxMemoryMib } =>
                new Refusal(RefusalCode.InvalidValue, $"memory must be 1 to {MaxMemoryMib} MB, not {settings.MemoryMib} MB"),
            { CpuIds.Count: 0 } => new Refusal(RefusalCode.InvalidValue, "CPUids may not be empty"),
            _ => null,
        };
        refusal ??= RefuseBlocks(name.Path, settings) ?? RefuseAddresses(name, settings);
        demand = refusal is null ? Of(name, settings) : null;
        return demand is not null;
    }

    private static Refusal? RefuseBlocks(NamePath path, UnikernelSettings settings)
    {
        var names = new HashSet<Name>();
        foreach (BlockAttachment block in settings.Blocks)
        {
            if (!TryNameBlock(path, block, out Name name, out Refusal? refusal))
            {
                return refusal;
            }

            if (!names.Add(name))
            {
                return new Refusal(RefusalCode.InvalidValue, $"block device {name} is attached twice");
            }
        }

        return null;
    }

    private static Refusal? RefuseAddresses(Name name, UnikernelSettings settings)
    {
        var addresses = new HashSet<BridgeAddress>();
        foreach (BridgeAddress address in settings.Nets.Select(net => BridgeAddress.Of(name, net)))
        {
            if (!addresses.Add(address))
            {
                return address.RefuseSecond();
            }
        }

        return null;
    }
}
