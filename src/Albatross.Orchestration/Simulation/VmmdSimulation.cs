using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// vmmd and a <see cref="SimulatedHost"/> under random commands of many connections. One seed is one run; the invariants are
/// checked after every step. Then the daemon is told to stop, and everything must end.
/// </summary>
internal sealed class VmmdSimulation
{
    private const int MostStepsToStop = 2000;

    private static readonly Name[] Names =
        [.. new[] { ":web", "foo:web", "foo:db", "foo:bar:web", "baz:web" }.Select(NameOf)];

    private static readonly Name[] Paths = [.. new[] { ":", "foo:", "foo:bar:", "baz:" }.Select(NameOf)];

    private static readonly ImmutableArray<NamePath> AllPaths = [.. Paths.Select(path => path.Path)];

    private static readonly (Name, long)[] Blocks =
        [.. new[] { ":disk", "foo:disk", "foo:bar:disk" }.Select(name => (NameOf(name), 4L))];

    private static readonly Name[] BlockNames =
        [.. new[] { ":disk", "foo:disk", "foo:other", "foo:bar:disk", "baz:disk" }.Select(NameOf)];

    private static readonly VmmdSettings Settings = VmmdSettings.Default with { MaxPolicies = 4 };

    private readonly Dice _random;
    private readonly SimulatedHost _host;
    private readonly HashSet<long> _waiting = [];
    private readonly List<string>? _trace;
    private static readonly ResourcePolicy Host = new(4, new([0, 1]), 200, BlockMib: 20, new([RawText.Of("service")]));

    private readonly Dictionary<long, Name> _asked = [];
    private readonly HashSet<Name> _acknowledged = [];
    private VmmdState _state;
    private long _lastConnection;

    private VmmdSimulation(int seed, List<string>? trace)
    {
        _random = new Dice(seed);
        _host = new SimulatedHost(_random);
        foreach ((Name block, long sizeMib) in Blocks)
        {
            _host.Blocks.Add(block, sizeMib);
        }

        _state = InitialOf(_host);
        _trace = trace;
    }

    /// <summary>How often the daemon was killed.</summary>
    public int Crashes { get; private set; }

    /// <summary>How many tenders the next daemon found and went on with.</summary>
    public int Adopted { get; private set; }

    /// <summary>How many it found and ended, because they were not wanted so.</summary>
    public int Outdated { get; private set; }

    /// <summary>How many steps were made.</summary>
    public int Steps { get; private set; }

    /// <summary>Runs <paramref name="seed"/>; what goes wrong says at which step, and what led to it.</summary>
    public static VmmdSimulation Run(int seed, int steps)
    {
        var simulation = new VmmdSimulation(seed, trace: null);
        try
        {
            simulation.Run(steps);
            return simulation;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            string last = string.Join('\n', TraceOf(seed, steps).TakeLast(40));
            throw new SimulationException($"seed {seed}, step {simulation.Steps}: {e.Message}\n{last}\n{e.StackTrace}");
        }
    }

    // The same seed once more, this time written down.
    private static List<string> TraceOf(int seed, int steps)
    {
        var trace = new List<string>();
        try
        {
            new VmmdSimulation(seed, trace).Run(steps);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            trace.Add(e.Message);
        }

        return trace;
    }

    private void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            if (_random.Next(100) == 0)
            {
                Crash();
            }

            if (_random.Next(300) == 0)
            {
                Leave();
            }

            Step((_random.Next(3) == 0 ? SomethingAsked() : _host.Next()) ?? SomethingAsked());
        }

        Step(new VmmdInput.ShutdownRequested(StopUnikernels: true));
        for (int i = 0; _host.Next() is { } input; i++)
        {
            Require(i < MostStepsToStop, "the daemon does not come to its end");
            Step(input);
            if (_random.Next(10) == 0)
            {
                Step(SomethingAsked());
            }
        }

        Require(_host.IsQuiet && _state.Unikernels.IsEmpty, $"{_state.Unikernels.Count} unikernels are left");
        Require(_host.TimesFinished == 1, $"finished {_host.TimesFinished} times");
        Require(_waiting.Count == 0, $"never answered: {string.Join(", ", _waiting)}");
        Require(_host.References == _state.Desired.Count, "images that nobody wants are left, or wanted ones are not");
        bool isClean = _host.Traces.Count == 0 && _host.Sampled.Count == 0 && _host.Attached.Count == 0;
        Require(isClean, "the host holds something for nobody");
    }

    private void Step(VmmdInput input)
    {
        Steps++;
        _trace?.Add($"{Steps}: {Describe(input)}");
        VmmdState before = _state;
        (_state, var effects) = VmmdStep.Step(before, input);
        foreach (VmmdEffect effect in effects)
        {
            _trace?.Add($"      {EffectText.Of(effect)}");
            CheckTimer(effect);
            _host.Start(effect);
        }

        // Taken back by a destroy, or by an end that nothing follows.
        _acknowledged.RemoveWhere(name => !_state.Desired.ContainsKey(name));
        CheckAnswers(before, input);
        VmmdInvariants.Check(_state, _host, AllPaths);
    }

    private void CheckTimer(VmmdEffect effect)
    {
        if (effect is VmmdEffect.WakeAfter wake)
        {
            Unikernel? unikernel = _state.Unikernels.GetValueOrDefault(wake.Name);
            bool isAwaited = wake.For switch
            {
                Alarm.Kill => unikernel?.Phase is Phase.Stopping,
                Alarm.Regret => unikernel is { Phase: Phase.Running or Phase.Stopping, OnTrial: true },
                _ => unikernel?.Phase is Phase.WaitingToRestart,
            };
            Require(isAwaited && unikernel?.Incarnation == wake.Incarnation, $"a timer of {wake.Name} for nothing");
        }
    }

    private void CheckAnswers(VmmdState before, VmmdInput input)
    {
        foreach ((long connection, Reply answer) in _host.Answers)
        {
            Require(_waiting.Remove(connection), $"connection {connection} was answered twice");
            string text = answer is Reply.Success success ? success.Text.ToString() : "";
            bool nothingToStore = before.Desired == _state.Desired && before.Resources.Policies == _state.Resources.Policies;
            Require(text.Length == 0 || nothingToStore || input is VmmdInput.Stored, $"\"{text}\" before it is stored");
            Note(connection, text);
            bool isWhole = answer is not Reply.Unikernels list || list.Entries.Length == Running(before, input);
            Require(isWhole, "info tells of too few or too many");
        }

        _host.Answers.Clear();
    }

    private static int Running(VmmdState state, VmmdInput input) => input is VmmdInput.CommandReceived { From.Header.Name: var asked }
        ? state.Unikernels.Values.Count(unikernel => unikernel.Process is not null
            && (asked.Label is null ? unikernel.Name.Path.IsAtOrBelow(asked.Path) : unikernel.Name == asked))
        : throw new SimulationException("info was answered to nobody");

    // What was acknowledged, and what was since taken back: the rest has to outlive a crash.
    private void Note(long connection, string text)
    {
        Name name = _asked[connection];
        if (text == "created unikernel" && _state.Desired.ContainsKey(name))
        {
            _acknowledged.Add(name);
        }
    }

    private void Crash()
    {
        _trace?.Add("the daemon is killed");
        Crashes++;
        foreach (Name name in _acknowledged)
        {
            Require(_host.Disk.Unikernels.ContainsKey(name), $"{name} was acknowledged and is not on the disk");
        }

        _waiting.Clear();
        _state = InitialOf(_host);
        VmmdInput.Restored restored = _host.Crash();
        Step(restored);
        foreach (Name name in _host.Disk.Unikernels.Keys)
        {
            Require(_state.Unikernels.ContainsKey(name), $"{name} was stored and is not started");
        }

        foreach (FoundTender found in restored.Found)
        {
            Unikernel? unikernel = _state.Unikernels.GetValueOrDefault(found.Name);
            Require(unikernel?.Process?.ProcessId == found.ProcessId, $"{found.Name} runs, and the next daemon does not know it");
            bool isWanted = found.IsWantedBy(_host.Disk);
            Require(unikernel!.Phase is Phase.Running == isWanted, $"{found.Name}: {unikernel.Phase}");
            (Adopted, Outdated) = isWanted ? (Adopted + 1, Outdated) : (Adopted, Outdated + 1);
        }
    }

    // A daemon stops, and another one takes over what it has left running.
    private void Leave()
    {
        Step(new VmmdInput.ShutdownRequested(StopUnikernels: false));
        for (int i = 0; _host.TimesFinished == 0; i++)
        {
            Require(i < MostStepsToStop, "the daemon does not come to leave");
            Step(_random.Next(10) == 0 ? SomethingAsked() : _host.Next() ?? throw new SimulationException("nothing ends the daemon"));
        }

        Require(_waiting.Count == 0, $"the daemon has left and not answered: {string.Join(", ", _waiting)}");
        Require(_state.Unikernels.Values.All(unikernel => unikernel.IsSettled), "the daemon has left something unfinished");
        Crash();
    }

    private VmmdInput SomethingAsked() => _random.Next(35) switch
    {
        < 7 => Asked(Pick(Names), Create(OnConflict.Refuse)),
        < 12 => Asked(Pick(Names), Create(OnConflict.Replace)),
        < 17 => Asked(Pick(Names), new Command.UnikernelDestroy()),
        < 19 => Asked(Pick(Paths), new Command.PolicyAdd(SomePolicy())),
        19 => Asked(_random.Next(2) == 0 ? Pick(Paths) : Pick(Names), new Command.UnikernelInfo()),
        20 => Asked(Pick(Paths), new Command.PolicyInfo()),
        21 => Asked(Pick(Paths), new Command.BlockInfo()),
        22 => _host.RestartConsole(),
        23 => Asked(Pick(Names), new Command.UnikernelGet(_random.Next(11))),
        24 => Asked(Pick(Paths), new Command.PolicyRemove()),
        < 28 => Asked(Pick(Names), new Command.UnikernelRestart(_random.Next(2) == 0 ? null : SomeSettings())),
        28 => new VmmdInput.StatisticsAttached(),
        29 => SomeHostChange(),
        _ => Asked(Pick(BlockNames), SomeBlockCommand()),
    };

    private VmmdInput.HostChanged SomeHostChange() =>
        new(_random.OneIn(3) ? Host with { Bridges = new([RawText.Of("service"), RawText.Of("spare")]) } : Host);

    private Command SomeBlockCommand() => _random.Next(6) switch
    {
        0 => new Command.BlockAdd(_random.Next(7)),
        1 => new Command.BlockOldAdd(_random.Next(7), Compressed: false, new byte[_random.Next(3)]),
        2 => new Command.BlockRemove(),
        3 => new Command.BlockSet(Compressed: false),
        4 => new Command.BlockDump(_random.Next(11)),
        _ => new Command.BlockOldDump(0),
    };

    private VmmdInput.CommandReceived Asked(Name name, Command command)
    {
        _waiting.Add(++_lastConnection);
        _asked[_lastConnection] = name;
        return new VmmdInput.CommandReceived(new Requester(_lastConnection, new Header(_lastConnection, name)), command);
    }

    private Command.UnikernelCreate Create(OnConflict conflict) =>
        new(new UnikernelConfig(ImageType.Solo5, Compressed: false, Image: default, SomeSettings()), conflict);

    private UnikernelSettings SomeSettings()
    {
        FailBehaviour behaviour = _random.Next(3) switch
        {
            0 => new FailBehaviour.Quit(),
            1 => new FailBehaviour.Restart(default),
            _ => new FailBehaviour.Restart(new([2, 255])),
        };
        return new UnikernelSettings(
            behaviour,
            Startup: Pick<long?>([null, null, 10, 50, 90]),
            AddName: _random.Next(2) == 0,
            CpuIds: SomeCpus(),
            MemoryMib: Pick([0, 16, 16, 32, 64, 100]),
            Blocks: _random.Next(4) == 0 ? [new BlockAttachment(RawText.Of("storage"), RawText.Of("disk"), SectorSize: null)] : [],
            Nets: _random.Next(4) == 0 ? [new NetAttachment(RawText.Of("service"), Bridge: null, Mac: null)] : [],
            Arguments: null);
    }

    private ResourcePolicy SomePolicy() => new(
        Unikernels: _random.Next(5),
        CpuIds: SomeCpus(),
        MemoryMib: Pick([0, 32, 64, 100, 200]),
        BlockMib: Pick<long?>([null, 4, 4, 8, 12]),
        Bridges: _random.Next(2) == 0 ? new([RawText.Of("service")]) : default);

    private ValueSet<long> SomeCpus() => new(Pick<long[]>([[0], [0], [1], [0, 1], [0, 1]]));

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private static VmmdState InitialOf(SimulatedHost host) =>
        VmmdState.Initial(Settings, Host, host.Blocks.Select(entry => (entry.Key, entry.Value)));

    private static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new ArgumentException(refusal.Text, nameof(text));

    private static string Describe(VmmdInput input) => input is VmmdInput.CommandReceived received
        ? $"{received.From.Connection} asks {received.Command.Words} of {received.From.Header.Name}"
        : input.ToString()!;
}
