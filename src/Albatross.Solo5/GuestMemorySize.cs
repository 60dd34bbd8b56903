namespace Albatross.Solo5;

/// <summary>
/// Size of a guest's memory. For hvt a multiple of 2 MiB from 2 MiB to 4 GiB (section 2 of its ABI description, "Memory size"), for spt a
/// multiple of 1 MiB up to 1 TiB. The default is 2 MiB.
/// </summary>
public readonly record struct GuestMemorySize
{
    /// <summary>The unit: the guest's page tables map memory in pages of this many bytes.</summary>
    public const ulong UnitBytes = 2UL << 20;

    /// <summary>The most an hvt guest can have.</summary>
    public const ulong MaximumBytes = 4UL << 30;

    /// <summary>The most an spt guest can have; whether the host has it shows when it starts.</summary>
    public const ulong SptMaximumBytes = 1UL << 40;

    private readonly ulong _bytes;

    private GuestMemorySize(ulong bytes) => _bytes = bytes;

    /// <summary>The size in bytes.</summary>
    public ulong Bytes => _bytes == 0 ? UnitBytes : _bytes;

    /// <summary>
    /// The size for <paramref name="mebibytes"/> MiB of an hvt guest, rounded down to a multiple of 2 MiB but never below 2 MiB. Compare
    /// <see cref="Bytes"/> with what was asked for to know whether it was adjusted. Refuses more than 4096 MiB.
    /// </summary>
    public static bool TryFromMebibytes(
        ulong mebibytes, out GuestMemorySize size, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        UInt128 bytes = UInt128.Max(((UInt128)mebibytes << 20) / UnitBytes * UnitBytes, UnitBytes);
        return TryFromBytes(bytes, MaximumBytes, out size, out refusal);
    }

    /// <summary>
    /// The size for a guest of <paramref name="target"/>: as <see cref="TryFromMebibytes(ulong, out GuestMemorySize, out ImageRefusal?)"/>
    /// for hvt, for spt exactly what is asked for, but never below 1 MiB.
    /// </summary>
    public static bool TryFromMebibytes(
        ulong mebibytes, AbiTarget target, out GuestMemorySize size, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        return target == AbiTarget.Spt
            ? TryFromBytes((UInt128)Math.Max(mebibytes, 1) << 20, SptMaximumBytes, out size, out refusal)
            : TryFromMebibytes(mebibytes, out size, out refusal);
    }

    /// <summary>Whether an hvt guest can have it.</summary>
    internal bool FitsVirtualMachine => Bytes % UnitBytes == 0 && Bytes <= MaximumBytes;

    private static bool TryFromBytes(
        UInt128 bytes, ulong maximum, out GuestMemorySize size, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        refusal = bytes <= maximum
            ? null
            : new ImageRefusal(ImageRefusalCode.MemoryTooLarge, $"guest memory size {bytes} bytes exceeds the max size {maximum} bytes");
        size = refusal is null ? new GuestMemorySize((ulong)bytes) : default;
        return refusal is null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Bytes >> 20} MiB";
}
