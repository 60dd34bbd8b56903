namespace Albatross.Policy.Resources;

/// <summary>What a path and everything below it uses now.</summary>
/// <param name="Unikernels">How many unikernels exist.</param>
/// <param name="MemoryMib">Sum of their memory in MiB.</param>
public readonly record struct Usage(long Unikernels, long MemoryMib)
{
    /// <summary>With one more unikernel of <paramref name="memoryMib"/> MiB.</summary>
    public Usage With(long memoryMib) => new(Unikernels + 1, MemoryMib + memoryMib);

    /// <summary>With one unikernel of <paramref name="memoryMib"/> MiB less.</summary>
    public Usage Without(long memoryMib) => new(Unikernels - 1, MemoryMib - memoryMib);
}
