using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// vmmd and a <see cref="SimulatedHost"/> under random commands of many connections. One seed is one run; the invariants are
/// checked after every step. Then the daemon is told to stop, and everything must end.
/// </summary>
internal sealed partial class VmmdSimulation
{
    private const int MostStepsToStop = 2000;

    // Once in so many steps the daemon is killed whatever it does; more often the host does it in the middle of an effect.
    private const int StepsBetweenCrashes = 200;

    private const int StepsBetweenLeaving = 300;

    private const int LinesOfTrace = 40;

    private static readonly VmmdSettings Settings = VmmdSettings.Default with { MaxPolicies = 4 };

    private readonly Dice _random;
    private readonly SimulatedHost _host;
    // Who waits for an answer, and to what.
    private readonly Dictionary<long, string> _waiting = [];
    private readonly List<string>? _trace;
    private readonly AcknowledgedState _acknowledged = new();
    private readonly BackOff _backOff = new();
    private readonly BootOrder _bootOrder = new();
    private readonly Dictionary<long, DesiredState> _versions = new() { [0] = DesiredState.Empty };
    private VmmdState _state;
    private long _lastConnection;
    private readonly HashSet<long> _tried = [];
    private long _stored;

    private VmmdSimulation(long seed, List<string>? trace)
    {
        _random = new Dice(seed);
        _host = new SimulatedHost(_random, FaultChances.Often, Figures);
        foreach ((Name block, long sizeMib) in Blocks)
        {
            _host.Blocks.Add(block, sizeMib);
        }

        _state = InitialOf(_host);
        _trace = trace;
    }

    /// <summary>What happened so far.</summary>
    public SimulationFigures Figures { get; } = new();

    /// <summary>Runs <paramref name="seed"/> for <paramref name="steps"/> steps or more, and then to the end of the daemon.</summary>
    /// <exception cref="SimulationException">Something went wrong: at which step, what, and the last that led to it.</exception>
    public static SimulationFigures Run(long seed, int steps)
    {
        var simulation = new VmmdSimulation(seed, trace: null);
        try
        {
            simulation.Run(steps);
            simulation.Figures.CountHistory();
            return simulation.Figures;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            string last = string.Join('\n', TraceOf(seed, steps).TakeLast(LinesOfTrace));
            string where = e is SimulationException ? "" : $"\n{e.StackTrace}";
            throw new SimulationException($"seed {seed}, step {simulation.Figures.Steps}: {e.Message}{where}\n{last}");
        }
    }

    // The same seed once more, this time written down.
    private static List<string> TraceOf(long seed, int steps)
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
        while (Figures.Steps < steps)
        {
            if (_random.OneIn(StepsBetweenCrashes))
            {
                Crash();
            }

            if (_random.OneIn(StepsBetweenLeaving))
            {
                Leave();
            }

            if (_random.OneIn(3) || _host.IsIdle)
            {
                Step(SomethingAsked());
            }
            else
            {
                StepOfHost();
            }
        }

        ShutDown();
        Require(_host.IsQuiet && _state.Unikernels.IsEmpty, $"{_state.Unikernels.Count} unikernels are left");
        Require(_host.TimesFinished == 1, $"finished {_host.TimesFinished} times");
        Require(_waiting.Count == 0, $"never answered: {string.Join(", ", _waiting.Keys)}");
        int named = _state.Storing.Forgotten.Count(forgotten => forgotten.Image is not null);   // by a full disk, although forgotten
        int wanted = _state.Desired.Count + named;
        Require(_host.References == wanted, "images that nobody wants are left, or wanted ones are not");
        bool isClean = _host.Traces.Count == 0 && _host.Sampled.Count == 0 && _host.Attached.Count == 0;
        Require(isClean, "the host holds something for nobody");
    }

    private void StepOfHost()
    {
        VmmdInput? input = _host.Next();
        if (_host.IsCrashing)
        {
            Crash();
        }
        else if (input is not null)
        {
            Step(input);
        }
    }

    // A daemon that is killed while it stops has a successor, which is told to stop as well.
    private void ShutDown()
    {
        for (int i = 0; !_host.IsIdle || !_state.Stopping; i++)
        {
            Require(i < MostStepsToStop, "the daemon does not come to its end");
            _host.MayCut = i < MostStepsToStop / 10 && !_state.Finished;
            if (!_state.Stopping)
            {
                Step(new VmmdInput.ShutdownRequested(StopUnikernels: true));
            }
            else if (_random.OneIn(10))
            {
                Step(SomethingAsked());
            }

            StepOfHost();
        }
    }

    private void Step(VmmdInput input)
    {
        Figures.Steps++;
        _trace?.Add($"{Figures.Steps}: {Describe(input)}");
        VmmdState before = _state;
        (_state, var effects) = VmmdStep.Step(before, input);
        foreach (VmmdEffect effect in effects)
        {
            _trace?.Add($"      {EffectText.Of(effect)}");
            CheckTimer(effect);
            bool isTheirs = effect is not VmmdEffect.DetachDevices detach || _host.IsAttached(detach.Name, detach.Incarnation);
            Require(isTheirs, "what is detached was not attached");
            _host.Start(effect);
        }

        Note(before, input, effects);
        CheckAnswers(before, input);
        _acknowledged.Check(_state);
        _backOff.Check(before, input, effects, _state);
        _bootOrder.Check(_state);
        VmmdInvariants.Check(_state, _host, AllPaths);
        if (before.Unikernels != _state.Unikernels || before.Resources != _state.Resources)
        {
            string? excess = ReferenceOf(_state, Reserved.ByWhatIsWanted).WhatIsExceeded();
            Require(excess is null, $"{excess}");
        }
    }

    private void Note(VmmdState before, VmmdInput input, ImmutableArray<VmmdEffect> effects)
    {
        if (_state.Storing.Wanted != before.Storing.Wanted)
        {
            _versions[_state.Storing.Wanted] = _state.ToStore;
        }

        switch (input)
        {
            case VmmdInput.CommandReceived received:
                _acknowledged.Ask(received.From.Connection, received.From.Header.Name, received.Command, before);
                CheckVerdict(before, received, effects);
                break;
            case VmmdInput.Stored stored:
                _stored = stored.Version;
                _tried.Clear();
                break;
            case VmmdInput.TenderExited exited:
                _acknowledged.End(exited, before, _state);
                break;
        }

        foreach (VmmdEffect effect in effects)
        {
            if (effect is VmmdEffect.SignalTender signal)
            {
                _acknowledged.Tell(signal);
            }
            else if (effect is VmmdEffect.Store store)
            {
                _tried.Add(store.Version);
            }
        }
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
            Require(_waiting.Remove(connection, out string? words), $"connection {connection} was answered twice");
            if (answer is not Reply.Failure)
            {
                Figures.CountGranted(words!);
            }

            string text = answer is Reply.Success success ? success.Text.ToString() : "";
            bool nothingToStore = before.Desired == _state.Desired && before.Resources.Policies == _state.Resources.Policies;
            Require(text.Length == 0 || nothingToStore || input is VmmdInput.Stored, $"\"{text}\" before it is stored");
            GoOn(connection, answer);
            _acknowledged.Answer(connection, answer, _state.Storing.Wanted);
            bool isWhole = answer is not Reply.Unikernels list || list.Entries.Length == Running(before, input);
            Require(isWhole, "info tells of too few or too many");
        }

        _host.Answers.Clear();
    }

    private static int Running(VmmdState state, VmmdInput input) => input is VmmdInput.CommandReceived { From.Header.Name: var asked }
        ? state.Unikernels.Values.Count(unikernel => unikernel.Process is not null
            && (asked.Label is null ? unikernel.Name.Path.IsAtOrBelow(asked.Path) : unikernel.Name == asked))
        : throw new SimulationException("info was answered to nobody");

    private void Crash()
    {
        _trace?.Add("the daemon is killed");
        Figures.Crashes++;
        VmmdInput.Restored restored = _host.Crash();
        bool isOneOfThem = AreSame(restored.State, _versions[_stored]) || _tried.Any(tried => AreSame(restored.State, _versions[tried]));
        Require(isOneOfThem, "on the disk is neither the last version that was stored nor one that was being stored since");
        _acknowledged.Crash(restored.State, _stored);
        _backOff.Crash([.. restored.Found.Where(found => found.IsWantedBy(restored.State)).Select(found => found.Name)]);
        _versions.Clear();
        _versions[0] = restored.State;
        _stored = 0;
        _tried.Clear();
        _waiting.Clear();
        _chains.Clear();
        _state = InitialOf(_host);
        CheckRecovery(restored);
        _bootOrder.Begin(_state);
        Step(restored);
        _bootOrder.Begin(_state);
        _bootOrder.Check(_state);
        foreach (FoundTender found in restored.Found)
        {
            Unikernel? unikernel = _state.Unikernels.GetValueOrDefault(found.Name);
            Require(unikernel?.Process?.ProcessId == found.ProcessId, $"{found.Name} runs, and the next daemon does not know it");
            bool isWanted = found.IsWantedBy(_host.Disk);
            Require(unikernel!.Phase is Phase.Running == isWanted, $"{found.Name}: {unikernel.Phase}");
            Figures.Adopted += isWanted ? 1 : 0;
            Figures.Outdated += isWanted ? 0 : 1;
        }
    }

    // A daemon stops, and another one takes over what it has left running; unless it is killed before it could leave.
    private void Leave()
    {
        Step(new VmmdInput.ShutdownRequested(StopUnikernels: false));
        for (int i = 0; _state is { Stopping: true, Finished: false }; i++)
        {
            Require(i < MostStepsToStop, "the daemon does not come to leave");
            if (_random.OneIn(10))
            {
                Step(SomethingAsked());
            }
            else
            {
                StepOfHost();
            }
        }

        if (_state.Finished)
        {
            Require(_waiting.Count == 0, $"the daemon has left and not answered: {string.Join(", ", _waiting.Keys)}");
            Require(_state.Unikernels.Values.All(unikernel => unikernel.IsSettled), "the daemon has left something unfinished");
            Crash();
        }
    }

    // Whoever restores the same disk does the same, and wants the same as before.
    private void CheckRecovery(VmmdInput.Restored restored)
    {
        (VmmdState once, var effects) = VmmdStep.Step(_state, restored);
        (VmmdState again, var effectsAgain) = VmmdStep.Step(_state, restored);
        Require(effects.Select(EffectText.Of).SequenceEqual(effectsAgain.Select(EffectText.Of)), "restoring twice does different things");
        Require(once.Unikernels.Keys.SequenceEqual(again.Unikernels.Keys), "restoring twice knows different unikernels");
        Require(once.Desired.SequenceEqual(restored.State.Unikernels), "restoring changes what is wanted");
        bool isWhole = restored.State.Policies.All(entry => entry.Key.IsRoot || once.Resources.Policies[entry.Key] == entry.Value);
        Require(isWhole, "restoring changes a policy");
        bool isSame = effects.OfType<VmmdEffect.Store>().All(store => AreSame(store.State, restored.State));
        Require(isSame, "restoring stores something else");
        Require(restored.State.Unikernels.Keys.All(once.Unikernels.ContainsKey), "something was stored and is not started");
    }

    private static bool AreSame(DesiredState left, DesiredState right) =>
        left.Unikernels.SequenceEqual(right.Unikernels)
        && left.Policies.Where(entry => !entry.Key.IsRoot).SequenceEqual(right.Policies.Where(entry => !entry.Key.IsRoot));

    private static VmmdState InitialOf(SimulatedHost host) =>
        VmmdState.Initial(Settings, Host, host.Blocks.Select(entry => (entry.Key, entry.Value)));

    private static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new ArgumentException(refusal.Text, nameof(text));

    private static string Describe(VmmdInput input) => input is VmmdInput.CommandReceived received
        ? $"{received.From.Connection} asks {received.Command.Words} of {received.From.Header.Name}"
        : input.ToString()!;
}
