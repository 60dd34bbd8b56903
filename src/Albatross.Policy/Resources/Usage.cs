namespace Albatross.Policy.Resources;

/// <summary>What a path and everything below it uses now.</summary>
/// <param name="Unikernels">How many unikernels exist.</param>
/// <param name="MemoryMib">Sum of their memory in MiB.</param>
/// <param name="BlockMib">Sum of the block devices in MiB, attached or not.</param>
public readonly record struct Usage(long Unikernels, long MemoryMib, long BlockMib = 0)
{
    /// <summary>Both together.</summary>
    public static Usage operator +(Usage left, Usage right) =>
        new(left.Unikernels + right.Unikernels, left.MemoryMib + right.MemoryMib, left.BlockMib + right.BlockMib);

    /// <summary>What is left without <paramref name="right"/>.</summary>
    public static Usage operator -(Usage left, Usage right) =>
        new(left.Unikernels - right.Unikernels, left.MemoryMib - right.MemoryMib, left.BlockMib - right.BlockMib);
}
