namespace Albatross.Solo5.Launch;

/// <summary>A device of the host behind an entry of the manifest, as a launch sees it.</summary>
/// <param name="Handle">Index of the manifest entry, 1 to 63.</param>
/// <param name="Type">Block or net.</param>
/// <param name="Descriptor">Its number in the launched process.</param>
/// <param name="CapacityBytes">Of a block device, at least <paramref name="SectorBytes"/>; otherwise 0.</param>
/// <param name="SectorBytes">Of a block device; otherwise 0.</param>
internal readonly record struct AttachedDevice(int Handle, DeviceType Type, int Descriptor, ulong CapacityBytes, int SectorBytes)
{
    /// <summary>The devices of a request; their descriptors follow each other from <paramref name="firstDescriptor"/> on.</summary>
    internal static ImmutableArray<AttachedDevice> From(ImmutableArray<DeviceAttachment> devices, int firstDescriptor) =>
    [
        .. devices.Select((device, i) => device switch
        {
            DeviceAttachment.Block block => new AttachedDevice(
                block.Entry.Index, DeviceType.Block, firstDescriptor + i, block.CapacityBytes, block.SectorBytes),
            _ => new AttachedDevice(device.Entry.Index, DeviceType.Net, firstDescriptor + i, 0, 0),
        }),
    ];

    /// <summary>
    /// How far files may grow. A transfer to a block device stays within it by the filter or, for the end of a longer transfer, by the run
    /// loop; this limit stands behind them.
    /// </summary>
    internal static ulong? LargestFile(ConsoleKind console, ImmutableArray<AttachedDevice> devices) =>
        console == ConsoleKind.Stream ? devices.Select(device => device.CapacityBytes).DefaultIfEmpty().Max() : null;
}
