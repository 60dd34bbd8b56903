using Albatross.Fuzz.Mutation;

namespace Albatross.Fuzz.Harness;

/// <summary>What a decoder made of an input.</summary>
/// <param name="Accepted">Whether it took it.</param>
/// <param name="Kind">Which kind of yes or no, as a sentence; an input of a kind not seen before joins the corpus.</param>
/// <param name="Value">What <see cref="FuzzTarget.Check"/> needs of the result.</param>
internal readonly record struct Outcome(bool Accepted, string Kind, object? Value = null);

/// <summary>A decoder that a stranger reaches, with inputs to begin with and an independent opinion of what it has to answer.</summary>
internal abstract class FuzzTarget
{
    private const int FixedBytes = 64 << 10;
    private const int BytesForOne = 64;

    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Inputs to begin with, good ones and bad ones.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Makes an input out of some of <paramref name="corpus"/>.</summary>
    public virtual byte[] Mutate(SeededRandom random, Corpus corpus) => ByteMutation.Apply(random, random.Pick(corpus.Inputs), corpus);

    /// <summary>Runs the decoder. Only this is measured, and it must not throw.</summary>
    public abstract Outcome Decode(byte[] input);

    /// <summary>Null when <paramref name="outcome"/> is right, else a sentence that says what is wrong.</summary>
    public abstract string? Check(byte[] input, Outcome outcome);

    /// <summary>How many bytes <see cref="Decode"/> may allocate for an input of <paramref name="length"/> bytes.</summary>
    public virtual long AllowedBytes(int length) => FixedBytes + (long)BytesForOne * length;

    /// <summary>Smaller inputs that may show the same finding.</summary>
    public virtual IEnumerable<byte[]> Smaller(byte[] input) => ByteMutation.Smaller(input);
}
