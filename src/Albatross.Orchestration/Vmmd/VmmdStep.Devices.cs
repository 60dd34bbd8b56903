using Albatross.Policy;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;

namespace Albatross.Orchestration.Vmmd;

/// <summary>Network interfaces and block devices: what may be asked for, attaching before a start, giving back after an end.</summary>
public static partial class VmmdStep
{
    // What can be known of devices without image and host. Duplicates are what the original's client refuses, in its words.
    private static Refusal? RefuseDevices(UnikernelSettings settings)
    {
        if (settings.Nets.Select(net => net.Name).Distinct().Count() != settings.Nets.Length)
        {
            return new Refusal(RefusalCode.InvalidValue, "Bridge names must be a set");
        }

        if (settings.Blocks.Select(block => block.Name).Distinct().Count() != settings.Blocks.Length)
        {
            return new Refusal(RefusalCode.InvalidValue, "Block devices must be a set");
        }

        ImageRefusal? sector = settings.Blocks
            .Select(block => block.SectorSize is { } size ? DeviceAttachment.Block.CheckSectorSize(size) : null)
            .FirstOrDefault(refusal => refusal is not null);
        return sector is null ? null : new Refusal(RefusalCode.InvalidValue, sector.Text);
    }

    private static void AttachDevices(Turn turn, Unikernel unikernel)
    {
        var devices = DeviceOrder.Of(unikernel.Name, unikernel.Settings);
        if (devices.IsEmpty)
        {
            OpenConsole(turn, unikernel);
            return;
        }

        turn.Put(unikernel with { Phase = new Phase.Attaching() });
        turn.Do(new VmmdEffect.AttachDevices(unikernel.Name, unikernel.Incarnation, devices));
    }

    private static void DevicesAttached(Turn turn, VmmdInput.DevicesAttached attached)
    {
        if (turn.Find(attached.Name, attached.Incarnation) is not { Phase: Phase.Attaching } unikernel)
        {
            turn.Do(new VmmdEffect.DetachDevices(attached.Name, attached.Incarnation));
            return;
        }

        Unikernel ready = unikernel with { Attached = attached.Taps };
        if (IsDoomed(turn.State, ready))
        {
            Gone(turn, ready);
            return;
        }

        OpenConsole(turn, ready);
    }

    private static Unikernel Detach(Turn turn, Unikernel unikernel)
    {
        if (unikernel.Attached is null)
        {
            return unikernel;
        }

        turn.Do(new VmmdEffect.DetachDevices(unikernel.Name, unikernel.Incarnation));
        return unikernel with { Attached = null };
    }

    private static ImmutableArray<BlockDeviceInfo> DescribeBlocks(ResourceTree resources, Unikernel unikernel) =>
    [
        .. unikernel.Settings.Blocks.Select(block => new BlockDeviceInfo(
            block.Name,
            block.HostBlock,
            DeviceOrder.SectorOf(block),
            resources.BlockDevices.GetValueOrDefault(DeviceOrder.BlockOf(unikernel.Name, block)))),
    ];

    private static ImmutableArray<NetInfo> DescribeNets(Unikernel unikernel) =>
        [.. unikernel.Settings.Nets.Select(net => new NetInfo(net.Name, net.HostBridge, BridgeAddress.MacOf(unikernel.Name, net)))];
}
