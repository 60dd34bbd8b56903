using Albatross.Guests;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Tests.Solo5;

namespace Albatross.Tests.Orchestration;

/// <summary>Devices that are asked for against devices that an image declares: net "service", block "storage", net "mgmt".</summary>
public sealed class ManifestMatchTests
{
    private const string Declared = "Devices present in manifest: net \"service\", block \"storage\", net \"mgmt\"";

    [Theory]
    [InlineData("storage", "service,mgmt", null)]
    [InlineData("storage", "mgmt,service", null)]
    [InlineData("storage", "service", "specified bridge(s) does not match with the manifest. " + Declared)]
    [InlineData("storage", "service,mgmt,lan", "specified bridge(s) does not match with the manifest. " + Declared)]
    [InlineData("", "service,mgmt", "specified block device(s) does not match with manifest. " + Declared)]
    [InlineData("service", "storage,mgmt", "specified block device(s) does not match with manifest. " + Declared)]
    public void Both_have_to_be_the_same_sets(string blocks, string nets, string? sentence)
    {
        UnikernelSettings settings = VmmdScript.Small with
        {
            Blocks = [.. Words(blocks).Select(name => new BlockAttachment(name, HostDevice: null, SectorSize: null))],
            Nets = [.. Words(nets).Select(name => new NetAttachment(name, Bridge: null, Mac: null))],
        };

        Assert.Equal(sentence, ManifestMatch.Refuse(DeviceImage.Of(GuestTarget.Spt).Manifest, settings)?.Text);
    }

    private static IEnumerable<RawText> Words(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(RawText.Of);
}
