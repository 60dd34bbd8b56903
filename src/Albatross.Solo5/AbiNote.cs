using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>What the ABI1 note of an image says (section 1.3).</summary>
/// <param name="Target">The tender it was built for.</param>
/// <param name="Version">The version of that tender's ABI.</param>
public readonly record struct AbiNote(AbiTarget Target, uint Version)
{
    /// <summary>The version of the hvt ABI that this project implements.</summary>
    public const uint HvtVersion = 2;

    /// <summary>The version of the spt ABI that this project implements.</summary>
    public const uint SptVersion = 2;

    /// <summary>Bytes of target and version; upstream forgets to check that they are there.</summary>
    private const int SmallestBytes = 8;

    /// <summary>
    /// Null if this is an image for <paramref name="tender"/> in a version that it knows, or, without one, for any tender of ours; else the
    /// refusal, which for somebody else's target says whose.
    /// </summary>
    internal ImageRefusal? Check(AbiTarget? tender)
    {
        if (tender is { } one && Target != one)
        {
            return WrongTarget(one, Target);
        }

        return Target switch
        {
            AbiTarget.Hvt when Version == HvtVersion => null,
            AbiTarget.Spt when Version == SptVersion => null,
            AbiTarget.Hvt or AbiTarget.Spt => new ImageRefusal(
                ImageRefusalCode.UnsupportedAbiVersion, $"Executable requests unsupported ABI version {Version}"),
            _ => new ImageRefusal(
                ImageRefusalCode.WrongTarget, $"Executable is for {Target.ManifestName()}, not for the solo5-hvt or the solo5-spt target"),
        };
    }

    /// <summary>An image of another target given to one tender: upstream's words, and whose image it is.</summary>
    internal static ImageRefusal WrongTarget(AbiTarget tender, AbiTarget image) => new(
        ImageRefusalCode.WrongTarget,
        $"Executable is not for the solo5-{tender.ManifestName()} target: it is for {image.ManifestName()}");

    /// <summary>Reads the content of an ABI1 note; too short a content counts as no ABI information.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> content, out AbiNote note)
    {
        bool complete = content.Length >= SmallestBytes;
        note = complete
            ? new AbiNote(
                (AbiTarget)BinaryPrimitives.ReadUInt32LittleEndian(content), BinaryPrimitives.ReadUInt32LittleEndian(content[4..]))
            : default;
        return complete;
    }
}

/// <summary>The tender or platform for which an image was built; other values may stand in a file.</summary>
public enum AbiTarget
{
    /// <summary>No known target.</summary>
    None = 0,

    /// <summary>Hardware virtualised tender, one of this project's.</summary>
    Hvt = 1,

    /// <summary>Sandboxed process tender, one of this project's.</summary>
    Spt = 2,

    /// <summary>Virtio machine monitors.</summary>
    Virtio = 3,

    /// <summary>Muen separation kernel.</summary>
    Muen = 4,

    /// <summary>Genode.</summary>
    Genode = 5,

    /// <summary>Xen PVH.</summary>
    Xen = 6,
}

/// <summary>The words that Solo5 uses for targets.</summary>
public static class AbiTargetNames
{
    /// <summary>"hvt", "spt", "virtio", "muen", "genode", "xen" or "the unknown target N".</summary>
    public static string ManifestName(this AbiTarget target) => target switch
    {
        AbiTarget.Hvt => "hvt",
        AbiTarget.Spt => "spt",
        AbiTarget.Virtio => "virtio",
        AbiTarget.Muen => "muen",
        AbiTarget.Genode => "genode",
        AbiTarget.Xen => "xen",
        _ => $"the unknown target {(uint)target}",
    };
}
