namespace Albatross.Fuzz.Harness;

/// <summary>The inputs from which others are made: the seeds, and each that led to a kind of answer not seen before.</summary>
internal sealed class Corpus
{
    private const int MostLearned = 4096;
    private const int LongestLearned = 4 << 10;

    // A longer seed is run once and not changed: it is there for a limit.
    private const int LongestSeed = 128 << 10;

    private readonly List<byte[]> _inputs;
    private readonly HashSet<ulong> _seen = [];
    private readonly int _most;

    public Corpus(IReadOnlyList<byte[]> seeds)
    {
        _inputs = [.. seeds.Where(seed => seed.Length <= LongestSeed)];
        _most = _inputs.Count + MostLearned;
    }

    public IReadOnlyList<byte[]> Inputs => _inputs;

    /// <summary>How many kinds of answers there were.</summary>
    public int Kinds => _seen.Count;

    /// <summary>Keeps <paramref name="input"/> when the kind of its answer is new.</summary>
    public void Offer(byte[] input, Outcome outcome)
    {
        if (_seen.Add(KindOf(outcome)) && input.Length <= LongestLearned && _inputs.Count < _most)
        {
            _inputs.Add(input);
        }
    }

    /// <summary>A hash of the answer's sentence without the numbers and the quoted parts, which come from the input.</summary>
    public static ulong KindOf(Outcome outcome) => Hash(outcome.Kind, outcome.Accepted ? 1UL : 0UL);

    /// <summary>As <see cref="KindOf"/>, of any sentence.</summary>
    public static ulong Hash(string sentence, ulong start = 0)
    {
        ulong hash = 0xcbf29ce484222325 ^ start;
        bool quoted = false;
        foreach (char c in sentence)
        {
            quoted ^= c == '"';
            if (!quoted && !char.IsAsciiDigit(c))
            {
                hash = (hash ^ c) * 0x100000001b3;
            }
        }

        return hash;
    }
}
