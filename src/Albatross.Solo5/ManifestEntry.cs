using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Albatross.Solo5;

/// <summary>
/// One entry of a manifest (section 1.3). Its name comes from a stranger's file: print <see cref="Name"/>, compare the bytes.
/// </summary>
public sealed class ManifestEntry
{
    internal const int SizeBytes = 104;
    private const int NameSizeBytes = 68;
    private const int UnionOffset = 72;
    private const int UnionBytes = 16;
    private const int PrivateOffset = 88;
    private const int AttachedOffset = 96;

    private ManifestEntry(int index, DeviceType type, ReadOnlyMemory<byte> nameBytes) =>
        (Index, Type, NameBytes, Name) = (index, type, nameBytes, Printable(nameBytes.Span));

    /// <summary>Position in the manifest, 0 to 63, which is the device's handle in hypercalls.</summary>
    public int Index { get; }

    /// <summary>What kind of device; a value without a name is possible.</summary>
    public DeviceType Type { get; }

    /// <summary>The name, at most 67 bytes, anything but NUL.</summary>
    public ReadOnlyMemory<byte> NameBytes { get; }

    /// <summary>The name for a person: printable ASCII, every other byte as \xNN.</summary>
    public string Name { get; }

    /// <summary>Types from the reserved one on are ignored; all others, also unknown ones, have to be attached.</summary>
    public bool MustBeAttached => (uint)Type < (uint)DeviceType.ReservedFirst;

    /// <summary>Reads the 104 bytes of one entry and clears the field that is private to the tender, which guests must not see.</summary>
    internal static bool TryRead(int index, Memory<byte> bytes, [NotNullWhen(true)] out ManifestEntry? entry)
    {
        Span<byte> span = bytes.Span;
        bool valid = span[NameSizeBytes - 1] == 0 && span[AttachedOffset] == 0;
        span.Slice(PrivateOffset, 8).Clear();
        int nameLength = span[..NameSizeBytes].IndexOf((byte)0);
        entry = valid
            ? new ManifestEntry(index, (DeviceType)BinaryPrimitives.ReadUInt32LittleEndian(span[NameSizeBytes..]), bytes[..nameLength])
            : null;
        return valid;
    }

    /// <summary>
    /// Fills in an entry of the guest's copy: attached, its union, and the descriptor for guests that use it themselves.
    /// </summary>
    internal static void Attach(Span<byte> bytes, DeviceAttachment device, int? descriptor)
    {
        Span<byte> union = bytes.Slice(UnionOffset, UnionBytes);
        union.Clear();
        device.Describe(union);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[PrivateOffset..], descriptor ?? 0);
        bytes[AttachedOffset] = 1;
    }

    /// <summary>Bytes for a person: printable ASCII, every other byte as \xNN.</summary>
    internal static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            _ = b is > 0x20 and < 0x7f ? text.Append((char)b) : text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }
}

/// <summary>The type of a manifest entry; other values may stand in a file.</summary>
public enum DeviceType
{
    /// <summary>No known type.</summary>
    None = 0,

    /// <summary>A block device of the host (BLOCK_BASIC).</summary>
    Block = 1,

    /// <summary>A network interface (NET_BASIC).</summary>
    Net = 2,

    /// <summary>From here on types are reserved and need no attachment; entry 0 has this one.</summary>
    ReservedFirst = 1 << 30,
}

/// <summary>The words that solo5-hvt uses for types of devices.</summary>
public static class DeviceTypeNames
{
    /// <summary>"BLOCK_BASIC", "NET_BASIC", "RESERVED_FIRST" or "&lt;undefined type&gt;".</summary>
    public static string ManifestName(this DeviceType type) => type switch
    {
        DeviceType.Block => "BLOCK_BASIC",
        DeviceType.Net => "NET_BASIC",
        DeviceType.ReservedFirst => "RESERVED_FIRST",
        _ => "<undefined type>",
    };
}
