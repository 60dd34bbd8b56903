using System.Diagnostics;

namespace Albatross.Fuzz.Harness;

/// <summary>
/// Feeds a target. The same seed gives the same inputs: each is made of the corpus and of random numbers that depend on seed and index
/// only. The corpus grows by what the answers show, but only at the beginning of an epoch, so that one input can be made again by
/// repeating no more than that beginning.
/// </summary>
/// <param name="target">What is fed.</param>
/// <param name="seed">Which inputs.</param>
/// <param name="isTimed">
/// Whether slowness is a finding: not where other tests run beside this one, whose pauses would be taken for the decoder's.
/// </param>
internal sealed class FuzzRun(FuzzTarget target, ulong seed, bool isTimed = false)
{
    /// <summary>After so many inputs the corpus begins anew with the seeds.</summary>
    private const long EpochInputs = 1 << 20;

    /// <summary>So many inputs of an epoch may join the corpus.</summary>
    private const long LearningInputs = 1 << 16;

    private const int MostFindings = 20;

    private readonly Dictionary<ulong, Finding> _findings = [];
    private readonly HashSet<ulong> _kinds = [];
    private Corpus _corpus = new(target.Seeds);

    /// <summary>Runs <paramref name="count"/> inputs, fewer when <paramref name="limit"/> is over, and says what they came to.</summary>
    public FuzzReport Run(long count, TimeSpan limit)
    {
        long started = Stopwatch.GetTimestamp();
        long accepted = 0, index = 0;
        for (; index < count && _findings.Count < MostFindings; index++)
        {
            if ((index & 0xff) == 0 && Stopwatch.GetElapsedTime(started) > limit)
            {
                break;
            }

            byte[] input = Make(index);
            Outcome outcome = Try(index, input);
            accepted += outcome.Accepted ? 1 : 0;
            Learn(index, input, outcome);
        }

        return new FuzzReport(target.Name, seed)
        {
            Inputs = index,
            Accepted = accepted,
            Kinds = _kinds.Count,
            Elapsed = Stopwatch.GetElapsedTime(started),
            Findings = [.. _findings.Values],
        };
    }

    /// <summary>Makes the input <paramref name="index"/> again and runs only that.</summary>
    public (byte[] Input, Outcome Outcome, Finding? Finding) RunOnly(long index)
    {
        long epoch = index / EpochInputs * EpochInputs;
        for (long before = epoch; before < Math.Min(index, epoch + LearningInputs); before++)
        {
            byte[] earlier = Make(before);
            Learn(before, earlier, Measurement.Of(target, earlier, isTimed).Outcome);
        }

        byte[] input = Make(index);
        Outcome outcome = Try(index, input);
        return (input, outcome, _findings.Values.FirstOrDefault());
    }

    private byte[] Make(long index)
    {
        long within = index % EpochInputs;
        if (within == 0)
        {
            _corpus = new Corpus(target.Seeds);
        }

        return within < target.Seeds.Count
            ? target.Seeds[(int)within]
            : target.Mutate(new SeededRandom(seed, index), _corpus);
    }

    private void Learn(long index, byte[] input, Outcome outcome)
    {
        if (index % EpochInputs < LearningInputs)
        {
            _corpus.Offer(input, outcome);
            _kinds.Add(Corpus.KindOf(outcome));
        }
    }

    private Outcome Try(long index, byte[] input)
    {
        Measurement measured = Measurement.Of(target, input, isTimed);
        string? problem = measured.Problem ?? CheckOf(input, measured.Outcome);
        if (problem is not null && !_findings.ContainsKey(Corpus.Hash(problem)))
        {
            // What was slow or took much memory is slow to make smaller.
            byte[] shown = measured.Problem is null ? Smallest(input, Corpus.Hash(problem)) : input;
            _findings.Add(Corpus.Hash(problem), new Finding(seed, index, problem, shown));
        }

        return measured.Outcome;
    }

    private string? ProblemOf(byte[] input)
    {
        Measurement measured = Measurement.Of(target, input, isTimed);
        return measured.Problem ?? CheckOf(input, measured.Outcome);
    }

    // An exception of encoder or oracle is a finding as well.
    [SuppressMessage("Design", "CA1031", Justification = "whatever a check throws is what this program looks for")]
    private string? CheckOf(byte[] input, Outcome outcome)
    {
        try
        {
            return target.Check(input, outcome);
        }
        catch (Exception e)
        {
            return $"the check of a {(outcome.Accepted ? "yes" : "no")} threw {e}";
        }
    }

    private byte[] Smallest(byte[] input, ulong kind)
    {
        const int MostTries = 4000;
        int tries = 0;
        for (bool shrunk = true; shrunk && tries < MostTries;)
        {
            shrunk = false;
            foreach (byte[] smaller in target.Smaller(input))
            {
                if (++tries > MostTries)
                {
                    break;
                }

                if (smaller.Length < input.Length && ProblemOf(smaller) is { } problem && Corpus.Hash(problem) == kind)
                {
                    (input, shrunk) = (smaller, true);
                    break;
                }
            }
        }

        return input;
    }
}
