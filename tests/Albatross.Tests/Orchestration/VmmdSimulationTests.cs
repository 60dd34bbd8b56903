using System.Collections.Concurrent;
using Albatross.Orchestration.Simulation;

namespace Albatross.Tests.Orchestration;

/// <summary>Random lives of a host: 2,000 seeds, 200 steps each and the way to the end, every step checked.</summary>
public sealed class VmmdSimulationTests
{
    private const int Seeds = 2000;
    private const int Steps = 200;

    [Fact]
    public void Whatever_happens_everyone_is_answered_once_and_nothing_is_left()
    {
        long steps = 0, adopted = 0, outdated = 0;
        var failures = new ConcurrentDictionary<int, string>();

        Parallel.For(0, Seeds, (seed, loop) =>
        {
            try
            {
                VmmdSimulation run = VmmdSimulation.Run(seed, Steps);
                Interlocked.Add(ref steps, run.Steps);
                Interlocked.Add(ref adopted, run.Adopted);
                Interlocked.Add(ref outdated, run.Outdated);
            }
            catch (SimulationException e)
            {
                failures[seed] = e.Message;
                loop.Break();   // smaller seeds still run, so that the same one is always reported
            }
        });

        Assert.True(failures.IsEmpty, failures.OrderBy(failure => failure.Key).FirstOrDefault().Value);
        Assert.True(steps > Seeds * Steps, $"only {steps} steps were made");
        Assert.True(adopted > Seeds && outdated > Seeds / 10, $"{adopted} tenders were adopted, {outdated} ended by the next daemon");
    }

    [Fact]
    public void A_seed_is_always_the_same_run() =>
        Assert.Equal(VmmdSimulation.Run(seed: 42, Steps).Steps, VmmdSimulation.Run(seed: 42, Steps).Steps);
}
