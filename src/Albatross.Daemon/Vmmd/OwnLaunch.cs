using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Daemon.Vmmd;

/// <summary>What one start with our own tenders is made of.</summary>
/// <param name="Image">Decides by its target which tender it is.</param>
/// <param name="MemoryMib">Guest memory in MiB, 1 or more.</param>
/// <param name="CommandLine">The guest's; secret.</param>
/// <param name="Cpus">Where it may run.</param>
/// <param name="Devices">In the order of their descriptors.</param>
/// <param name="Kvm">Of no meaning to an spt image.</param>
/// <param name="Confinement">How it is closed in.</param>
/// <param name="Access">How the tender gets at the image's bytes.</param>
internal sealed record OwnLaunch(
    UnikernelImage Image,
    long MemoryMib,
    ReadOnlyMemory<byte> CommandLine,
    ImmutableArray<int> Cpus,
    ImmutableArray<DeviceAttachment> Devices,
    KvmFacts Kvm,
    Confinement Confinement,
    ImageAccess Access = ImageAccess.Share)
{
    /// <summary>The bytes of the executable, or why there are none.</summary>
    public bool TryBuild(out ReadOnlyMemory<byte> executable, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        executable = default;
        if (!GuestMemorySize.TryFromMebibytes((ulong)MemoryMib, Image.Abi.Target, out GuestMemorySize memory, out refusal))
        {
            return false;
        }

        return Image.Abi.Target == AbiTarget.Spt
            ? TryBuildSpt(memory, out executable, out refusal)
            : TryBuildHvt(memory, out executable, out refusal);
    }

    private bool TryBuildSpt(GuestMemorySize memory, out ReadOnlyMemory<byte> executable, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        var request = new SptLaunchRequest
        {
            Image = Image,
            Memory = memory,
            CommandLine = CommandLine,
            ImageAccess = Access,
            Cpus = Cpus,
            Devices = Devices,
            Confinement = Confinement,
        };
        bool built = SptLaunch.TryBuild(request, out SptLaunch? launch, out refusal);
        executable = launch?.Executable ?? default;
        return built;
    }

    private bool TryBuildHvt(GuestMemorySize memory, out ReadOnlyMemory<byte> executable, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        var request = new HvtLaunchRequest
        {
            Image = Image,
            Memory = memory,
            CommandLine = CommandLine,
            ImageAccess = Access,
            Cpus = Cpus,
            Devices = Devices,
            Kvm = Kvm,
            Confinement = Confinement,
        };
        bool built = HvtLaunch.TryBuild(request, out HvtLaunch? launch, out refusal);
        executable = launch?.Executable ?? default;
        return built;
    }

    // The command line is secret.
    /// <inheritdoc/>
    public override string ToString() => $"{Image.Abi.Target.ManifestName()}, {MemoryMib} MiB, {Devices.Length} devices";
}
