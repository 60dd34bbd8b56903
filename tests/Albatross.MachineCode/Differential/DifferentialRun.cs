using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.MachineCode.Differential;

/// <summary>Result of a run.</summary>
/// <param name="Seed">Where the programs come from.</param>
/// <param name="Images">Programs that were run and compared.</param>
/// <param name="LeftOut">Programs whose course no model can know.</param>
/// <param name="Hypercalls">Accesses to ports that the oracle judged.</param>
/// <param name="Halted">Programs that ended by HALT; the others by a message.</param>
/// <param name="Failures">Differences, with everything that is needed to repeat them.</param>
internal sealed record DifferentialReport(
    int Seed, int Images, int LeftOut, long Hypercalls, int Halted, IReadOnlyList<string> Failures)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(
        '\n',
        [
            .. Failures,
            $"seed {Seed}: {Images} images ({LeftOut} more were not predictable), {Hypercalls} hypercalls, {Halted} images halted, "
                + $"{Images - Halted} were ended, {Failures.Count} differ from the oracle",
        ]);
}

/// <summary>Random guests under KVM against the oracle of the hypercalls: status, console, messages, frames and disk.</summary>
internal static class DifferentialRun
{
    private const int MostFailures = 10;

    /// <summary>Runs <paramref name="count"/> images of <paramref name="seed"/> on <paramref name="threads"/> threads.</summary>
    internal static DifferentialReport Run(int count, int seed, int threads)
    {
        using KvmHost kvm = KvmHost.Open();
        var totals = new Totals(seed, count);
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => Work(kvm, totals)))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return totals.Report();
    }

    private static void Work(KvmHost kvm, Totals totals)
    {
        using var host = new ProgramHost(kvm);
        var memory = new byte[Model.ModelledUnikernel.MemoryBytes];
        while (totals.TryTake(out int index))
        {
            try
            {
                Try(host, totals, index, memory);
            }
            catch (Exception e) when (e is LinuxException or IOException or InvalidOperationException)
            {
                totals.Fail($"image {index}: {e}");
            }
        }
    }

    private static void Try(ProgramHost host, Totals totals, int index, byte[] memory)
    {
        var program = new RandomProgram(unchecked((totals.Seed * 1_000_003) + index));
        ReadOnlyMemory<byte> launcher = host.Launch(program, index % 4 == 0 ? ImageAccess.Copy : ImageAccess.Share);
        ExpectedRun expected = ExpectedRun.Of(program, launcher.Span, memory, host.DiskContent);
        if (!expected.IsPredictable)
        {
            totals.LeaveOut();
            return;
        }

        SeenRun seen = host.Run(program, launcher.Span);
        string? difference = Difference(expected, seen, program);
        totals.Add(expected, difference is null ? null : $"seed {totals.Seed}, image {index}: {difference}\n{program}");
    }

    private static string? Difference(ExpectedRun expected, SeenRun seen, RandomProgram program)
    {
        string ending = seen.Exit.Kind != ProcessExitKind.Exited ? $"{seen.Exit}"
            : seen.Error.Length == 0 ? $"exit {seen.Exit.Number}"
            : seen.Exit.Number == 1 && seen.Error.EndsWith('\n') ? $"dies: {seen.Error.TrimEnd('\n')}"
            : $"{seen.Exit} with {seen.Error}";
        byte[] output = expected.Output;
        foreach ((long start, long length) in expected.UnknownOutput)
        {
            if (start + length <= seen.Output.Length)
            {
                seen.Output.AsSpan((int)start, (int)length).CopyTo(output.AsSpan((int)start));
            }
        }

        return ending != expected.Ending ? $"{ending} instead of {expected.Ending}"
            : !output.AsSpan().SequenceEqual(seen.Output) ? $"another output from byte {output.AsSpan().CommonPrefixLength(seen.Output)} on"
            : !expected.Disk.AsSpan().SequenceEqual(seen.Disk) ? "another content of the disk"
            : program.HasNet && !(SameFrames(expected.Sent[0], seen.Sent[0]) && SameFrames(expected.Sent[1], seen.Sent[1])) ? "other frames"
            : null;
    }

    private static bool SameFrames(List<byte[]> some, List<byte[]> others) =>
        some.Count == others.Count && some.Zip(others).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    /// <summary>What the workers share.</summary>
    private sealed class Totals(int seed, int count)
    {
        private readonly Lock _lock = new();
        private readonly List<string> _failures = [];
        private int _next;
        private int _images;
        private int _leftOut;
        private int _halted;
        private long _hypercalls;

        internal int Seed => seed;

        internal bool TryTake(out int index)
        {
            lock (_lock)
            {
                index = _next;
                bool goesOn = _images < count && _next - _leftOut < count && _failures.Count < MostFailures;
                _next += goesOn ? 1 : 0;
                return goesOn;
            }
        }

        internal void LeaveOut()
        {
            lock (_lock)
            {
                _leftOut++;
            }
        }

        internal void Fail(string failure)
        {
            lock (_lock)
            {
                _failures.Add(failure);
                _images++;
            }
        }

        internal void Add(ExpectedRun run, string? failure)
        {
            lock (_lock)
            {
                _images++;
                _hypercalls += run.Hypercalls;
                _halted += run.Ending!.StartsWith("exit", StringComparison.Ordinal) ? 1 : 0;
                if (failure is not null)
                {
                    _failures.Add(failure);
                }
            }
        }

        internal DifferentialReport Report() => new(seed, _images, _leftOut, _hypercalls, _halted, _failures);
    }
}
