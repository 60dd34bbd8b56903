using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Solo5;
using BlockDevice = Albatross.Linux.BlockDevice;

namespace Albatross.Daemon.Vmmd;

/// <summary>A tap that was made for an interface.</summary>
internal sealed record HeldTap(NetOrder Order, Tap Tap);

/// <summary>A block device that was opened.</summary>
/// <param name="Order">What was asked for.</param>
/// <param name="Path">Its file on this host.</param>
/// <param name="Device">The open file.</param>
internal sealed record HeldBlock(BlockOrder Order, string Path, BlockDevice Device);

/// <summary>
/// The devices of one start. Our own tender inherits their descriptors and then alone keeps them: its taps vanish with it. An installed
/// tender takes taps by name, so that they have to be kept for it and removed afterwards.
/// </summary>
internal sealed class HeldDevices(ImmutableArray<HeldTap> nets, ImmutableArray<HeldBlock> blocks) : IDisposable
{
    /// <summary>Nothing.</summary>
    public static HeldDevices None { get; } = new([], []);

    /// <summary>The taps, in the order of the settings.</summary>
    public ImmutableArray<HeldTap> Nets => nets;

    /// <summary>The block devices, in the order of the settings.</summary>
    public ImmutableArray<HeldBlock> Blocks => blocks;

    /// <summary>The interface of the host behind each of the unikernel's.</summary>
    public ImmutableArray<TapOfDevice> Taps => [.. nets.Select(net => new TapOfDevice(net.Order.Device, RawText.Of(net.Tap.Name)))];

    /// <summary>What a launch is given, in the order of <see cref="Attachments"/>.</summary>
    public ImmutableArray<SafeHandle> Descriptors => [.. nets.Select(net => net.Tap), .. blocks.Select(block => block.Device)];

    /// <summary>The devices behind the entries of a manifest that was compared with the settings.</summary>
    public ImmutableArray<DeviceAttachment> Attachments(Manifest manifest) =>
    [
        .. nets.Select(net => new DeviceAttachment.Net(
            Entry(manifest, net.Order.Device, DeviceType.Net), net.Order.Mac.Value, net.Tap.MtuBytes)),
        .. blocks.Select(block => new DeviceAttachment.Block(
            Entry(manifest, block.Order.Device, DeviceType.Block), block.Device.CapacityBytes, block.Order.SectorBytes)),
    ];

    /// <summary>Closes our descriptors.</summary>
    public void Dispose()
    {
        foreach (SafeHandle descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }

    private static ManifestEntry Entry(Manifest manifest, RawText device, DeviceType type) =>
        manifest.Find(device.Bytes.Span, type)
        ?? throw new InvalidOperationException($"{device} is not declared");   // compared when the image was prepared
}
