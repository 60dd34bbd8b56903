using Albatross.Daemon.Simulation;
using Albatross.Orchestration.Simulation;

namespace Albatross.Tests.Daemon;

/// <summary>What the operator's simulate prints and how it ends.</summary>
public sealed class SimulationRunTests
{
    [Fact]
    public void Every_history_is_run_once_and_what_happened_is_added_up()
    {
        using var output = new StringWriter();

        int status = new SimulationRun(VmmdSimulation.Run, seed: 7, steps: 50, histories: 5, TimeSpan.MaxValue).Run(output);

        Assert.Equal(0, status);
        string[] lines = output.ToString().Split('\n');
        Assert.Equal("histories             5", lines[0]);
        Assert.True(long.Parse(lines[1].Split(' ')[^1], null) >= 5 * 50, lines[1]);
        Assert.Contains(lines, line => line.StartsWith("  unikernel create ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("  StartTender ", StringComparison.Ordinal));
        Assert.Equal("every requirement held after every step", lines[^2]);
    }

    [Fact]
    public void The_smallest_seed_that_fails_is_told_whatever_the_processors_do()
    {
        using var output = new StringWriter();

        int status = new SimulationRun(Fails, seed: 1, steps: 50, histories: 1000, TimeSpan.MaxValue).Run(output);

        Assert.Equal(1, status);
        Assert.EndsWith("FAILED at seed 5, step 9: two of one name\n", output.ToString(), StringComparison.Ordinal);

        static SimulationFigures Fails(long seed, int steps) =>
            seed % 5 == 0 ? throw new SimulationException($"seed {seed}, step 9: two of one name") : new SimulationFigures();
    }
}
