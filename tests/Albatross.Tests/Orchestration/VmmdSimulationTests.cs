using System.Collections.Concurrent;
using Albatross.Orchestration.Simulation;

namespace Albatross.Tests.Orchestration;

/// <summary>Random lives of a host: so many seeds, at least 300 steps each and the way to the end, every step checked.</summary>
public sealed class VmmdSimulationTests
{
    private const int Seeds = 8000;
    private const int Steps = 300;

    [Fact]
    public void Whatever_happens_everyone_is_answered_once_and_nothing_is_left()
    {
        var failures = new ConcurrentDictionary<int, string>();
        var figures = new SimulationFigures();

        Parallel.For(0, Seeds, (seed, loop) =>
        {
            try
            {
                SimulationFigures one = VmmdSimulation.Run(seed, Steps);
                lock (figures)
                {
                    figures.Add(one);
                }
            }
            catch (SimulationException e)
            {
                failures[seed] = e.Message;
                loop.Break();   // smaller seeds still run, so that the same one is always reported
            }
        });

        Assert.True(failures.IsEmpty, failures.OrderBy(failure => failure.Key).FirstOrDefault().Value);
        Assert.Equal(Seeds, figures.Histories);
        Assert.True(figures.Steps >= (long)Seeds * Steps, $"only {figures.Steps} steps were made");
        Assert.True(
            figures.Adopted > Seeds && figures.Outdated > Seeds / 10,
            $"{figures.Adopted} tenders were adopted, {figures.Outdated} ended by the next daemon");
        Assert.DoesNotContain(figures.Commands, command => command.Value.Granted * 50 < command.Value.Given);   // no rule is held by refusing
    }

    [Fact]
    public void A_seed_is_always_the_same_run()
    {
        SimulationFigures first = VmmdSimulation.Run(seed: 42, Steps), again = VmmdSimulation.Run(seed: 42, Steps);

        Assert.Equal(first.Steps, again.Steps);
        Assert.Equal(first.Faults, again.Faults);
        Assert.Equal(first.Commands, again.Commands);
    }
}
