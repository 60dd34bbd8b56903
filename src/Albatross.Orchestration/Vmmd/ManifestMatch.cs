using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// Whether the devices that somebody asks for are those that the image declares, in the original's words (semantics, section 5).
/// </summary>
public static class ManifestMatch
{
    /// <summary>Null if block devices and interfaces are the same by name; else which kind differs, and what the image declares.</summary>
    public static Refusal? Refuse(Manifest manifest, UnikernelSettings settings) =>
        !Same(manifest, DeviceType.Block, settings.Blocks.Select(block => block.Name))
            ? new Refusal(RefusalCode.InvalidImage, $"specified block device(s) does not match with manifest. {Declared(manifest)}")
            : !Same(manifest, DeviceType.Net, settings.Nets.Select(net => net.Name))
                ? new Refusal(RefusalCode.InvalidImage, $"specified bridge(s) does not match with the manifest. {Declared(manifest)}")
                : null;

    private static bool Same(Manifest manifest, DeviceType type, IEnumerable<RawText> asked) =>
        new ValueSet<RawText>(asked) == new ValueSet<RawText>(
            manifest.Devices.Where(device => device.Type == type).Select(device => new RawText(device.NameBytes)));

    private static string Declared(Manifest manifest) =>
        $"Devices present in manifest: {string.Join(", ", manifest.Devices.Select(device => $"{Kind(device.Type)} \"{device.Name}\""))}";

    private static string Kind(DeviceType type) => type switch
    {
        DeviceType.Block => "block",
        DeviceType.Net => "net",
        _ => "unknown device",
    };
}
