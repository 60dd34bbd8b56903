namespace Albatross.Orchestration.Simulation;

/// <summary>
/// Numbers that look random and follow from the seed alone, on every runtime: a seed is one run for ever. The generator is SplitMix64
/// (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
/// </summary>
/// <param name="seed">Any number.</param>
internal sealed class Dice(long seed)
{
    private ulong _state = unchecked((ulong)seed);

    /// <summary>A number from 0 to <paramref name="below"/> − 1.</summary>
    public int Next(int below)
    {
        _state += 0x9E3779B97F4A7C15;
        ulong bits = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        bits ^= bits >> 31;
        return (int)(((bits >> 32) * (ulong)below) >> 32);
    }

    /// <summary>Whether this is the one of <paramref name="outOf"/> cases.</summary>
    public bool OneIn(int outOf) => Next(outOf) == 0;

    /// <summary>One of <paramref name="from"/>.</summary>
    public T Pick<T>(params ReadOnlySpan<T> from) => from[Next(from.Length)];
}
