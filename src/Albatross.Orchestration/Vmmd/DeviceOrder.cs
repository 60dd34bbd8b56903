using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;

namespace Albatross.Orchestration.Vmmd;

/// <summary>What the host is to attach for one start of a unikernel, in the order of its settings.</summary>
/// <param name="Nets">A tap for each.</param>
/// <param name="Blocks">An open block device for each.</param>
public sealed record DeviceOrder(ImmutableArray<NetOrder> Nets, ImmutableArray<BlockOrder> Blocks)
{
    /// <summary>Whether nothing is to be attached.</summary>
    public bool IsEmpty => Nets.IsEmpty && Blocks.IsEmpty;

    /// <summary>What <paramref name="settings"/> ask for, which were admitted for <paramref name="name"/>.</summary>
    public static DeviceOrder Of(Name name, UnikernelSettings settings) => new(
        [.. settings.Nets.Select(net => new NetOrder(net.Name, net.HostBridge, BridgeAddress.MacOf(name, net)))],
        [.. settings.Blocks.Select(block => new BlockOrder(block.Name, BlockOf(name, block), SectorOf(block)))]);

    /// <summary>The block device of the host behind an attachment.</summary>
    internal static Name BlockOf(Name name, BlockAttachment block) =>
        Demand.TryNameBlock(name.Path, block, out Name host, out Refusal? refusal)
            ? host
            : throw new InvalidOperationException(refusal.Text);   // checked when it was admitted

    /// <summary>Bytes per sector.</summary>
    internal static int SectorOf(BlockAttachment block) => (int)(block.SectorSize ?? DeviceAttachment.Block.DefaultSectorBytes);
}

/// <summary>An interface to attach.</summary>
/// <param name="Device">As the manifest names it.</param>
/// <param name="Bridge">The bridge that its tap joins.</param>
/// <param name="Mac">The guest's Ethernet address.</param>
public sealed record NetOrder(RawText Device, RawText Bridge, MacAddress Mac);

/// <summary>A block device to attach.</summary>
/// <param name="Device">As the manifest names it.</param>
/// <param name="Block">The block device of the host.</param>
/// <param name="SectorBytes">A power of two from 512 to 32768.</param>
public sealed record BlockOrder(RawText Device, Name Block, int SectorBytes);
