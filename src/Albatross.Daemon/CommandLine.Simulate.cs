using System.CommandLine;
using Albatross.Daemon.Simulation;
using Albatross.Orchestration.Simulation;

namespace Albatross.Daemon;

/// <summary>The operator's simulator.</summary>
internal static partial class CommandLine
{
    private static Command Simulate()
    {
        var seed = new Option<long>("--seed")
        {
            Description = "Seed of the first history; the others count on from it. A seed is always the same history.",
            DefaultValueFactory = _ => 1,
        };
        var steps = new Option<int>("--steps") { Description = "Least number of steps of each history.", DefaultValueFactory = _ => 300 };
        var histories = new Option<long?>("--histories") { Description = "How many histories; 1000 when --minutes is not given either." };
        var minutes = new Option<double?>("--minutes") { Description = "Begins no history after this many minutes." };
        Positive(steps);
        Positive(histories);
        Positive(minutes);
        var command = new Command(
            "simulate",
            "Runs the orchestrator's own code against a simulated host that fails, is slow and dies, and checks after every step what must "
            + "always hold. Touches nothing on this machine. Exit status 1: something did not hold; seed, step and last events are shown.")
        {
            seed, steps, histories, minutes,
        };
        command.SetAction(parsed => new SimulationRun(
            VmmdSimulation.Run,
            parsed.GetRequiredValue(seed),
            parsed.GetRequiredValue(steps),
            parsed.GetValue(histories) ?? (parsed.GetValue(minutes) is null ? DefaultHistories : int.MaxValue),
            parsed.GetValue(minutes) is { } limit ? TimeSpan.FromMinutes(limit) : TimeSpan.MaxValue).Run(Console.Out));
        return command;
    }

    private static void Positive<T>(Option<T> option) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<T>() is <= 0 or <= 0L or <= 0d)
        {
            result.AddError($"{option.Name} must be more than 0");
        }
    });
}
