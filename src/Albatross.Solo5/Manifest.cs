using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>
/// The devices that an image declares (MFT1 note, section 1.3): entry 0 is reserved, at most 63 follow, and a device's handle in
/// hypercalls is the index of its entry.
/// </summary>
public sealed class Manifest
{
    /// <summary>Bytes of version and number of entries.</summary>
    internal const int HeaderSizeBytes = 8;

    /// <summary>The most entries, the reserved one included.</summary>
    internal const int MaximumEntries = 64;

    /// <summary>Bytes of the largest manifest.</summary>
    internal const int LargestBytes = HeaderSizeBytes + (MaximumEntries * ManifestEntry.SizeBytes);

    private readonly byte[] _bytes;

    private Manifest(byte[] bytes, ImmutableArray<ManifestEntry> entries) => (_bytes, Entries) = (bytes, entries);

    /// <summary>Every entry, the reserved one at index 0 included.</summary>
    public ImmutableArray<ManifestEntry> Entries { get; }

    /// <summary>The entries that have to be attached before the image can run, in the order of the manifest.</summary>
    public IEnumerable<ManifestEntry> Devices => Entries.Where(entry => entry.MustBeAttached);

    /// <summary>The device called <paramref name="name"/> of <paramref name="type"/>, or null.</summary>
    public ManifestEntry? Find(ReadOnlySpan<byte> name, DeviceType type)
    {
        foreach (ManifestEntry entry in Entries)
        {
            if (entry.Type == type && entry.NameBytes.Span.SequenceEqual(name))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>As <see cref="Find"/>, with the refusal for a device that is not declared.</summary>
    public bool TryFind(
        ReadOnlySpan<byte> name,
        DeviceType type,
        [NotNullWhen(true)] out ManifestEntry? entry,
        [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        entry = Find(name, type);
        refusal = entry is null
            ? new ImageRefusal(
                ImageRefusalCode.DeviceNotDeclared, $"Resource not declared in manifest: '{ManifestEntry.Printable(name)}'")
            : null;
        return entry is not null;
    }

    /// <summary>The devices that have to be attached and are not among <paramref name="attached"/>.</summary>
    public IEnumerable<ManifestEntry> Missing(IEnumerable<DeviceAttachment> attached) =>
        Devices.Except(attached.Select(device => device.Entry));

    /// <summary>
    /// The guest's copy of the note's content. An attached entry is filled in; <paramref name="firstDescriptor"/> is the number of the
    /// first one's descriptor for a guest that uses them itself, null for one that only knows handles.
    /// </summary>
    internal byte[] GuestCopy(ImmutableArray<DeviceAttachment> attached, int? firstDescriptor)
    {
        byte[] copy = [.. _bytes];
        for (int i = 0; i < attached.Length; i++)
        {
            Span<byte> entry = copy.AsSpan(HeaderSizeBytes + (attached[i].Entry.Index * ManifestEntry.SizeBytes), ManifestEntry.SizeBytes);
            ManifestEntry.Attach(entry, attached[i], firstDescriptor + i);
        }

        return copy;
    }

    /// <summary>Reads the content of an MFT1 note, or refuses it with "Solo5 manifest is invalid".</summary>
    internal static bool TryRead(
        ReadOnlySpan<byte> content, [NotNullWhen(true)] out Manifest? manifest, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        manifest = ReadEntries(content);
        refusal = manifest is null ? new ImageRefusal(ImageRefusalCode.InvalidManifest, "Solo5 manifest is invalid") : null;
        return manifest is not null;
    }

    private static Manifest? ReadEntries(ReadOnlySpan<byte> content)
    {
        if (content.Length < HeaderSizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(content) != 1)
        {
            return null;
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(content[4..]);
        if (count is < 1 or > MaximumEntries || content.Length != HeaderSizeBytes + ((int)count * ManifestEntry.SizeBytes))
        {
            return null;
        }

        byte[] bytes = content.ToArray();
        var entries = ImmutableArray.CreateBuilder<ManifestEntry>((int)count);
        for (int i = 0; i < count; i++)
        {
            Memory<byte> entryBytes = bytes.AsMemory(HeaderSizeBytes + (i * ManifestEntry.SizeBytes), ManifestEntry.SizeBytes);
            if (!ManifestEntry.TryRead(i, entryBytes, out ManifestEntry? entry))
            {
                return null;
            }

            entries.Add(entry);
        }

        return entries[0].Type == DeviceType.ReservedFirst && entries[0].NameBytes.IsEmpty
            ? new Manifest(bytes, entries.MoveToImmutable())
            : null;
    }
}
