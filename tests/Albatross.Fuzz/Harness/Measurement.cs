using System.Diagnostics;

namespace Albatross.Fuzz.Harness;

/// <summary>One run of a decoder under watch: what it threw, allocated and took.</summary>
/// <param name="Outcome">Its answer; a no when it threw.</param>
/// <param name="Problem">What it did that no decoder may do, or null.</param>
internal readonly record struct Measurement(Outcome Outcome, string? Problem)
{
    // Other processes and the just-in-time compiler make one measurement of time worthless, seldom five.
    private const int Repetitions = 5;

    private static readonly TimeSpan FixedTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TimeForOneByte = TimeSpan.FromMicroseconds(1);

    /// <summary>Runs the decoder of <paramref name="target"/>; how long it takes is judged only when <paramref name="isTimed"/>.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "whatever a decoder throws is what this program looks for")]
    public static Measurement Of(FuzzTarget target, byte[] input, bool isTimed)
    {
        TimeSpan allowedTime = isTimed ? FixedTime + input.Length * TimeForOneByte : TimeSpan.MaxValue;
        long allowedBytes = target.AllowedBytes(input.Length);
        long bytes = 0;
        TimeSpan time = default;
        Outcome outcome = default;
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            long bytesBefore = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
            try
            {
                outcome = target.Decode(input);
            }
            catch (Exception e)
            {
                return new Measurement(new Outcome(false, $"threw {e.GetType().Name}"), $"the decoder threw {e}");
            }

            time = Stopwatch.GetElapsedTime(started);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytesBefore;
            if (time <= allowedTime && bytes <= allowedBytes)
            {
                return new Measurement(outcome, null);
            }
        }

        string problem = bytes > allowedBytes
            ? $"the decoder allocated {bytes} bytes for {input.Length}, {allowedBytes} are allowed"
            : $"the decoder took {time.TotalMilliseconds} ms for {input.Length} bytes, {allowedTime.TotalMilliseconds} are allowed";
        return new Measurement(outcome, problem);
    }
}
