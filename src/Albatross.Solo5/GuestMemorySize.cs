namespace Albatross.Solo5;

/// <summary>Size of a guest's memory: a multiple of 2 MiB from 2 MiB to 4 GiB (section 2, "Memory size"). The default is 2 MiB.</summary>
public readonly record struct GuestMemorySize
{
    /// <summary>The unit: the guest's page tables map memory in pages of this many bytes.</summary>
    public const ulong UnitBytes = 2UL << 20;

    /// <summary>The most an hvt guest can have.</summary>
    public const ulong MaximumBytes = 4UL << 30;

    private readonly ulong _bytes;

    private GuestMemorySize(ulong bytes) => _bytes = bytes;

    /// <summary>The size in bytes.</summary>
    public ulong Bytes => Math.Max(_bytes, UnitBytes);

    /// <summary>
    /// The size for <paramref name="mebibytes"/> MiB, rounded down to a multiple of 2 MiB but never below 2 MiB. Compare
    /// <see cref="Bytes"/> with what was asked for to know whether it was adjusted. Refuses more than 4096 MiB.
    /// </summary>
    public static bool TryFromMebibytes(
        ulong mebibytes, out GuestMemorySize size, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        UInt128 bytes = ((UInt128)mebibytes << 20) / UnitBytes * UnitBytes;
        refusal = bytes <= MaximumBytes
            ? null
            : new ImageRefusal(
                ImageRefusalCode.MemoryTooLarge, $"guest memory size {bytes} bytes exceeds the max size {MaximumBytes} bytes");
        size = refusal is null ? new GuestMemorySize((ulong)bytes) : default;
        return refusal is null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Bytes >> 20} MiB";
}
