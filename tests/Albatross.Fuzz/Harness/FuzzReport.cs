using System.Globalization;

namespace Albatross.Fuzz.Harness;

/// <summary>An input that a decoder did not answer as it has to.</summary>
/// <param name="Seed">The seed of the run.</param>
/// <param name="Index">Which input of the run.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Input">The input, made as small as was easy.</param>
internal sealed record Finding(ulong Seed, long Index, string Text, byte[] Input)
{
    private const int MostShown = 4096;

    public override string ToString()
    {
        string hex = Convert.ToHexStringLower(Input.AsSpan(0, Math.Min(Input.Length, MostShown)));
        string rest = Input.Length > MostShown ? $" (the first {MostShown} of {Input.Length} bytes)" : "";
        return $"--seed {Seed} --only {Index}: {Text}\n  {hex}{rest}";
    }
}

/// <summary>What one run came to.</summary>
internal sealed record FuzzReport(string Target, ulong Seed)
{
    public long Inputs { get; init; }

    public long Accepted { get; init; }

    public long Rejected => Inputs - Accepted;

    /// <summary>Kinds of answers, in all epochs.</summary>
    public int Kinds { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>One of each kind.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Target}: {Inputs} inputs, {Accepted} accepted, {Rejected} rejected, {Kinds} kinds of answers, "
        + $"{Findings.Length} distinct findings "
        + $"(seed {Seed}, {Elapsed.TotalSeconds:0} s, {Inputs / Math.Max(Elapsed.TotalSeconds, 0.001):0}/s)");
}
