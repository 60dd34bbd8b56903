using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// What clients know to be wanted: written down from the answers that they got and from the ends that nothing follows, by the rules of the
/// semantics' section 6. What vmmd wants has to be the same wherever nobody waits for an answer.
/// </summary>
internal sealed class AcknowledgedState
{
    private readonly Dictionary<long, Asked> _asked = [];
    private readonly Dictionary<Name, UnikernelSettings> _unikernels = [];
    private readonly Dictionary<NamePath, ResourcePolicy> _policies = [];
    private readonly HashSet<(Name, long Incarnation)> _told = [];

    // The versions that take account of what no client knows to be on the disk: an end that nothing follows, and what could not be stored.
    private readonly Dictionary<Name, long> _unsettled = [];
    private readonly Dictionary<NamePath, long> _unsettledPolicies = [];

    /// <summary>A command was received: <paramref name="before"/> is the state that it met.</summary>
    public void Ask(long connection, Name name, Command command, VmmdState before) => _asked[connection] = new Asked(name, command)
    {
        Settings = command switch
        {
            Command.UnikernelCreate create => create.Config.Settings,
            Command.UnikernelRestart restart => restart.Settings ?? before.Unikernels.GetValueOrDefault(name)?.Settings,
            _ => null,
        },
    };

    /// <summary>A tender was told to end: its end is not its own.</summary>
    public void Tell(VmmdEffect.SignalTender signal) => _told.Add((signal.Name, signal.Incarnation));

    /// <summary>A client got its answer; <paramref name="wanted"/> is the newest version of what is wanted.</summary>
    public void Answer(long connection, Reply answer, long wanted)
    {
        _asked.Remove(connection, out Asked? asked);
        string text = answer switch
        {
            Reply.Success success => success.Text.ToString(),
            Reply.Failure failure => failure.Text.ToString(),
            _ => "",
        };

        if (text.Contains("would not survive", StringComparison.Ordinal))
        {
            _unsettled[asked!.Name] = wanted;
            foreach (NamePath path in asked.Paths)
            {
                _unsettledPolicies[path] = wanted;
            }
        }

        // Also when it was done and only could not be stored.
        if (text.StartsWith("created unikernel", StringComparison.Ordinal))
        {
            if (asked!.HasEnded)
            {
                _unikernels.Remove(asked.Name);
            }
            else
            {
                _unikernels[asked.Name] = asked.Settings!;
            }
        }
        else if (text.StartsWith("destroyed", StringComparison.Ordinal))
        {
            _unikernels.Remove(asked!.Name);
        }
        else if (text.StartsWith("added policy", StringComparison.Ordinal))
        {
            foreach (Entry<ResourcePolicy> entry in asked!.Policies)
            {
                _policies[entry.Name.Path] = entry.Value;
            }
        }
        else if (text.StartsWith("removed policy", StringComparison.Ordinal))
        {
            _policies.Remove(asked!.Name.Path);
        }
    }

    /// <summary>A tender has ended between these two states.</summary>
    public void End(VmmdInput.TenderExited exited, VmmdState before, VmmdState after)
    {
        if (_told.Remove((exited.Name, exited.Incarnation)) || before.Stopping)
        {
            return;   // a daemon that stops leaves it to the next one, which cannot know
        }

        Asked? asked = WaitingFor(exited.Name, before);
        UnikernelSettings? settings = asked?.Settings ?? _unikernels.GetValueOrDefault(exited.Name);
        if (settings is null)
        {
            return;
        }

        UnikernelSettings? next = Next(settings, exited.Status);
        if (asked is not null)
        {
            (asked.HasEnded, asked.Settings) = (next is null, next ?? settings);
        }
        else if (next is not null)
        {
            _unikernels[exited.Name] = next;
        }
        else
        {
            _unikernels.Remove(exited.Name);
        }

        if (next != settings)
        {
            _unsettled[exited.Name] = after.Storing.Wanted;
        }
    }

    /// <summary>What is wanted is what was acknowledged.</summary>
    public void Check(VmmdState state)
    {
        foreach ((Name name, DesiredUnikernel wanted) in state.Desired)
        {
            bool same = _unikernels.TryGetValue(name, out UnikernelSettings? known) && AreSame(wanted.Settings, known);
            Require(same || IsAsked(name), $"{name} is wanted, but nobody was told so");
        }

        foreach (Name name in _unikernels.Keys)
        {
            Require(state.Desired.ContainsKey(name) || IsAsked(name), $"{name} was acknowledged, but is not wanted");
        }

        foreach ((NamePath path, ResourcePolicy policy) in state.Resources.Policies)
        {
            bool same = path.IsRoot || (_policies.TryGetValue(path, out ResourcePolicy? known) && known == policy);
            Require(same || IsAsked(path), $"the policy of {path} holds, but nobody was told so");
        }

        foreach (NamePath path in _policies.Keys)
        {
            Require(state.Resources.Policies.ContainsKey(path) || IsAsked(path), $"the policy of {path} was acknowledged, but is gone");
        }
    }

    /// <summary>
    /// The daemon was killed after version <paramref name="stored"/>: what was acknowledged is on the disk. From now on that is known.
    /// </summary>
    public void Crash(DesiredState disk, long stored)
    {
        foreach ((Name name, UnikernelSettings known) in _unikernels)
        {
            bool same = disk.Unikernels.TryGetValue(name, out DesiredUnikernel? found) && AreSame(found.Settings, known);
            bool isSafe = !IsAsked(name) && _unsettled.GetValueOrDefault(name) <= stored;
            Require(same || !isSafe, $"{name} was acknowledged, but is not on the disk");
        }

        foreach (Name name in disk.Unikernels.Keys)
        {
            bool known = _unikernels.ContainsKey(name) || IsAsked(name) || _unsettled.GetValueOrDefault(name) > stored;
            Require(known, $"{name} is on the disk, but its end was acknowledged");
        }

        foreach ((NamePath path, ResourcePolicy known) in _policies)
        {
            bool same = disk.Policies.GetValueOrDefault(path) == known;
            bool isSafe = !IsAsked(path) && _unsettledPolicies.GetValueOrDefault(path) <= stored;
            Require(same || !isSafe, $"the policy of {path} was acknowledged, but is not on the disk");
        }

        foreach (NamePath path in disk.Policies.Keys.Where(path => !path.IsRoot))
        {
            bool known = _policies.ContainsKey(path) || IsAsked(path) || _unsettledPolicies.GetValueOrDefault(path) > stored;
            Require(known, $"the policy of {path} is on the disk, but its removal was acknowledged");
        }

        Forget(disk);
    }

    private void Forget(DesiredState disk)
    {
        _asked.Clear();
        _told.Clear();
        _unsettled.Clear();
        _unsettledPolicies.Clear();
        _unikernels.Clear();
        _policies.Clear();
        foreach ((Name name, DesiredUnikernel stored) in disk.Unikernels)
        {
            _unikernels[name] = stored.Settings;
        }

        foreach ((NamePath path, ResourcePolicy policy) in disk.Policies.Where(entry => !entry.Key.IsRoot))
        {
            _policies[path] = policy;
        }
    }

    // The command whose unikernel runs: its creator waits for the trial to end, or for the disk.
    private Asked? WaitingFor(Name name, VmmdState before)
    {
        if (before.Unikernels.GetValueOrDefault(name)?.Creator is { } creator)
        {
            return _asked[creator.Connection];
        }

        HeldAnswer? held = before.Storing.Held.LastOrDefault(
            held => _asked.TryGetValue(held.Answer.To.Connection, out Asked? asked) && asked.Name == name && asked.Settings is not null);
        return held is null ? null : _asked[held.Answer.To.Connection];
    }

    private bool IsAsked(Name name) => _asked.Values.Any(asked => asked.Name == name && asked.IsAboutUnikernel);

    private bool IsAsked(NamePath path) => _asked.Values.Any(asked => asked.Paths.Contains(path));

    // Section 6, once more and from the text: null when it stays down.
    private static UnikernelSettings? Next(UnikernelSettings settings, ExitStatus status)
    {
        if (status is ExitStatus.Unknown)
        {
            return settings;   // nobody can say that it wanted to end
        }

        int code = status is ExitStatus.Exited exited ? exited.Code : -1;
        if (code == 64 && settings.AddName)
        {
            return settings with { AddName = false };
        }

        bool isExcluded = code is -1 or 1 or 60 or 61 or 62 or 63 or 64;
        bool again = settings.FailBehaviour is FailBehaviour.Restart { ExitCodes: var codes } && (codes.Count == 0 || codes.Contains(code));
        return again && !isExcluded ? settings : null;
    }

    private static bool AreSame(UnikernelSettings left, UnikernelSettings right) => ReferenceEquals(left, right)
        || (left.FailBehaviour.Equals(right.FailBehaviour)
            && (left.Startup, left.AddName, left.MemoryMib) == (right.Startup, right.AddName, right.MemoryMib)
            && left.CpuIds == right.CpuIds
            && left.Blocks.SequenceEqual(right.Blocks)
            && left.Nets.SequenceEqual(right.Nets));

    private sealed record Asked(Name Name, Command Command)
    {
        public UnikernelSettings? Settings { get; set; }

        public bool HasEnded { get; set; }

        public bool IsAboutUnikernel => Command is Command.UnikernelCreate or Command.UnikernelRestart or Command.UnikernelDestroy;

        public ImmutableArray<Entry<ResourcePolicy>> Policies => Command switch
        {
            Command.PolicyAdd add => [new(Name, add.Policy)],
            Command.PolicyAddAll all => all.Policies,
            _ => [],
        };

        public IEnumerable<NamePath> Paths => Command is Command.PolicyRemove ? [Name.Path] : Policies.Select(entry => entry.Name.Path);
    }
}
