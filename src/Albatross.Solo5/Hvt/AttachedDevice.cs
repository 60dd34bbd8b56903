namespace Albatross.Solo5.Hvt;

/// <summary>A device of the host behind an entry of the manifest.</summary>
/// <param name="Handle">Index of the manifest entry, 1 to 63.</param>
/// <param name="Type">Block or net.</param>
/// <param name="Descriptor">Its number in the launched process, from <see cref="Launch.LaunchDescriptors.FirstDevice"/> on.</param>
/// <param name="CapacityBytes">Of a block device, at least 1; otherwise 0.</param>
internal readonly record struct AttachedDevice(int Handle, DeviceType Type, int Descriptor, ulong CapacityBytes);
