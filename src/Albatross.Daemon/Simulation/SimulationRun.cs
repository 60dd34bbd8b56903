using System.Diagnostics;
using Albatross.Orchestration.Simulation;

namespace Albatross.Daemon.Simulation;

/// <summary>Many histories on all processors; each is one seed and runs on one thread.</summary>
/// <param name="history">Runs one: its seed and its least number of steps to what happened.</param>
/// <param name="seed">The seed of the first history; the others count on from it.</param>
/// <param name="steps">The least number of steps of each history.</param>
/// <param name="histories">How many histories.</param>
/// <param name="deadline">No history begins after it.</param>
internal sealed class SimulationRun(
    Func<long, int, SimulationFigures> history, long seed, int steps, long histories, TimeSpan deadline)
{
    private readonly SimulationFigures _figures = new();
    private readonly Lock _gate = new();
    private long _begun;
    private string? _failure;
    private long _failedSeed = long.MaxValue;

    /// <summary>Runs them, says on <paramref name="output"/> what happened, and returns the exit status: 1 when a history failed.</summary>
    public int Run(TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        Thread[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() => Work(clock)))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        Print(output, clock.Elapsed);
        return _failure is null ? 0 : 1;
    }

    // Seeds are given out in order, and those before one that failed are run to their end, so that the smallest is reported.
    private void Work(Stopwatch clock)
    {
        var figures = new SimulationFigures();
        while (clock.Elapsed < deadline)
        {
            long index = Interlocked.Increment(ref _begun) - 1;
            long mine = seed + index;
            if (index >= histories || mine > Volatile.Read(ref _failedSeed))
            {
                break;
            }

            try
            {
                figures.Add(history(mine, steps));
            }
            catch (SimulationException e)
            {
                Fail(mine, e.Message);
            }
        }

        lock (_gate)
        {
            _figures.Add(figures);
        }
    }

    private void Fail(long failed, string message)
    {
        lock (_gate)
        {
            if (failed < _failedSeed)
            {
                Volatile.Write(ref _failedSeed, failed);
                _failure = message;
            }
        }
    }

    private void Print(TextWriter output, TimeSpan took)
    {
        output.WriteLine($"histories             {_figures.Histories}");
        output.WriteLine($"steps                 {_figures.Steps}");
        output.WriteLine($"steps per second      {_figures.Steps / Math.Max(took.TotalSeconds, 0.001):F0}");
        output.WriteLine($"crashes of the daemon {_figures.Crashes}");
        output.WriteLine($"tenders taken over    {_figures.Adopted}, and {_figures.Outdated} ended because nobody wants them so");
        output.WriteLine("commands");
        foreach ((string words, (long given, long granted)) in _figures.Commands)
        {
            output.WriteLine($"  {words,-23} {given} given, {granted} granted");
        }

        output.WriteLine("faults of the host");
        foreach (((string effect, string fault), long count) in _figures.Faults)
        {
            output.WriteLine($"  {effect,-18} {fault,-13} {count}");
        }

        output.WriteLine(_failure is null ? "every requirement held after every step" : $"FAILED at {_failure}");
    }
}
