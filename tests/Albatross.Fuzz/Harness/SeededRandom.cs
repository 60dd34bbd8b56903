namespace Albatross.Fuzz.Harness;

/// <summary>Random numbers that are the same for the same seed and index on every machine and runtime (SplitMix64).</summary>
internal sealed class SeededRandom(ulong seed, long index)
{
    private ulong _state = Scramble(seed ^ Scramble((ulong)index + 0x9E3779B97F4A7C15));

    /// <summary>64 random bits.</summary>
    public ulong Next() => Scramble(_state += 0x9E3779B97F4A7C15);

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)((UInt128)Next() * (uint)bound >> 64);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>A length: mostly short, sometimes up to <paramref name="most"/>.</summary>
    public int Length(int most) => Math.Min(most, OneIn(16) ? Below(most + 1) : Below(9));

    /// <summary>One of <paramref name="items"/>.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Any bytes.</summary>
    public byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }

    private static ulong Scramble(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
