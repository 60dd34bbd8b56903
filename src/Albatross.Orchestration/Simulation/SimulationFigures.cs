namespace Albatross.Orchestration.Simulation;

/// <summary>What histories did, counted. Belongs to one thread; those of several are added up.</summary>
internal sealed class SimulationFigures
{
    /// <summary>Histories that came to their end.</summary>
    public long Histories { get; private set; }

    /// <summary>Steps of the orchestrator.</summary>
    public long Steps { get; set; }

    /// <summary>How often a daemon was killed.</summary>
    public long Crashes { get; set; }

    /// <summary>How many tenders the next daemon found and went on with.</summary>
    public long Adopted { get; set; }

    /// <summary>How many it found and ended, because they were not wanted so.</summary>
    public long Outdated { get; set; }

    /// <summary>Commands by their words: how many were given, and how many of them were not refused.</summary>
    public SortedDictionary<string, (long Given, long Granted)> Commands { get; } = new(StringComparer.Ordinal);

    /// <summary>What the host did wrong: the effect, and errno, slow, cut before or cut after.</summary>
    public SortedDictionary<(string Effect, string Fault), long> Faults { get; } = [];

    public void CountCommand(string words) => CountCommands(words, given: 1, granted: 0);

    public void CountGranted(string words) => CountCommands(words, given: 0, granted: 1);

    public void CountFault(string effect, string fault) => Faults[(effect, fault)] = Faults.GetValueOrDefault((effect, fault)) + 1;

    public void CountHistory() => Histories++;

    public void Add(SimulationFigures other)
    {
        Histories += other.Histories;
        Steps += other.Steps;
        Crashes += other.Crashes;
        Adopted += other.Adopted;
        Outdated += other.Outdated;
        foreach ((string words, (long given, long granted)) in other.Commands)
        {
            CountCommands(words, given, granted);
        }

        foreach (((string, string) fault, long count) in other.Faults)
        {
            Faults[fault] = Faults.GetValueOrDefault(fault) + count;
        }
    }

    private void CountCommands(string words, long given, long granted)
    {
        (long Given, long Granted) sum = Commands.GetValueOrDefault(words);
        Commands[words] = (sum.Given + given, sum.Granted + granted);
    }
}
