using System.Buffers.Binary;

namespace Albatross.Solo5;

/// <summary>
/// A device of the host behind an entry of the manifest. Its descriptor is not named here: the launched process has the descriptors of a
/// request's devices in their order, from <see cref="Launch.LaunchDescriptors.FirstDevice"/> on under
/// hvt and from <see cref="Spt.SptDescriptors.FirstDevice"/> on under spt.
/// </summary>
public abstract record DeviceAttachment
{
    private protected DeviceAttachment(ManifestEntry entry) => Entry = entry;

    /// <summary>The entry, found in the manifest of the image that is launched.</summary>
    public ManifestEntry Entry { get; }

    /// <summary>Null if the entry is of this kind and the values are allowed, else what is wrong with them.</summary>
    internal abstract ImageRefusal? Check();

    /// <summary>Writes the 16 bytes of the entry's union for the guest (section 1.3 of the hvt ABI description).</summary>
    internal abstract void Describe(Span<byte> union);

    /// <summary>A block device, or a file, opened for reading and writing.</summary>
    /// <param name="Entry">An entry of type <see cref="DeviceType.Block"/>.</param>
    /// <param name="CapacityBytes">Its size, a multiple of <paramref name="SectorBytes"/> and not 0.</param>
    /// <param name="SectorBytes">A power of two from 512 to 32768.</param>
    public sealed record Block(ManifestEntry Entry, ulong CapacityBytes, int SectorBytes = Block.DefaultSectorBytes)
        : DeviceAttachment(Entry)
    {
        /// <summary>The size of a sector when none is asked for.</summary>
        public const int DefaultSectorBytes = 512;

        /// <summary>The largest power of two in the 16 bits that a manifest has for it.</summary>
        public const int LargestSectorBytes = 32768;

        /// <summary>Whether a sector can have this size; solo5-hvt's sentence if not.</summary>
        public static ImageRefusal? CheckSectorSize(long sectorBytes) =>
            sectorBytes is >= DefaultSectorBytes and <= LargestSectorBytes && long.IsPow2(sectorBytes)
                ? null
                : Refuse("Block size must be a multiple of 2 greater than or equal 512");

        internal override ImageRefusal? Check()
        {
            if (Entry.Type != DeviceType.Block)
            {
                return WrongKind("block device");
            }

            return CheckSectorSize(SectorBytes)
                ?? (CapacityBytes % (ulong)SectorBytes != 0
                    ? Refuse($"{Entry.Name}: Backing storage size must be block aligned ({SectorBytes} bytes)")
                    : CapacityBytes < (ulong)SectorBytes
                        ? Refuse($"{Entry.Name}: Backing storage must be at least 1 block ({SectorBytes} bytes) in size")
                        : CapacityBytes > long.MaxValue ? Refuse($"{Entry.Name}: Backing storage is too large") : null);
        }

        internal override void Describe(Span<byte> union)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(union, CapacityBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(union[8..], (ushort)SectorBytes);
        }
    }

    /// <summary>A tap, opened non-blocking, without virtio-net header and packet information.</summary>
    /// <param name="Entry">An entry of type <see cref="DeviceType.Net"/>.</param>
    /// <param name="Mac">The guest's Ethernet address, the first byte on the wire in bits 40 to 47; not 0.</param>
    /// <param name="MtuBytes">The interface's MTU, 68 to 65535.</param>
    public sealed record Net(ManifestEntry Entry, ulong Mac, int MtuBytes) : DeviceAttachment(Entry)
    {
        internal override ImageRefusal? Check()
        {
            return Entry.Type != DeviceType.Net ? WrongKind("network interface")
                : MtuBytes is < 68 or > ushort.MaxValue ? Refuse($"{Entry.Name}: an MTU has 68 to 65535 bytes, not {MtuBytes}")
                : Mac == 0 || Mac >= 1UL << 48
                    ? Refuse($"{Entry.Name}: {Mac:x12} is no Ethernet address")
                    : null;
        }

        internal override void Describe(Span<byte> union)
        {
            Span<byte> bigEndian = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bigEndian, Mac);
            bigEndian[2..].CopyTo(union);
            BinaryPrimitives.WriteUInt16LittleEndian(union[6..], (ushort)MtuBytes);
        }
    }

    private ImageRefusal WrongKind(string kind) => new(
        ImageRefusalCode.DeviceNotDeclared, $"'{Entry.Name}' is declared as {Entry.Type.ManifestName()} and cannot be a {kind}");

    private static ImageRefusal Refuse(string text) => new(ImageRefusalCode.InvalidDevice, text);
}
