using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>What the ABI1 note of an image says (section 1.3).</summary>
/// <param name="Target">The tender it was built for.</param>
/// <param name="Version">The version of that tender's ABI.</param>
public readonly record struct AbiNote(AbiTarget Target, uint Version)
{
    /// <summary>The version of the hvt ABI that this project implements.</summary>
    public const uint HvtVersion = 2;

    /// <summary>Bytes of target and version; upstream forgets to check that they are there.</summary>
    private const int SmallestBytes = 8;

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

    /// <summary>Hardware virtualised tender, the one of this project.</summary>
    Hvt = 1,

    /// <summary>Sandboxed process tender.</summary>
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
