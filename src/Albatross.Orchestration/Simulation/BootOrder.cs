using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>Of what a new daemon starts by itself, nothing begins before all of the smaller startup numbers had their turn.</summary>
internal sealed class BootOrder
{
    private const long Default = 50;   // semantics, section 2

    private readonly Dictionary<Name, long> _waiting = [];

    /// <summary>A daemon has started and is in <paramref name="state"/>: what does not run is to be started.</summary>
    public void Begin(VmmdState state)
    {
        _waiting.Clear();
        foreach (Unikernel unikernel in state.Unikernels.Values.Where(unikernel => unikernel.Process is null))
        {
            _waiting[unikernel.Name] = unikernel.Settings.Startup ?? Default;
        }
    }

    /// <summary>A step was made.</summary>
    public void Check(VmmdState state)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        foreach (Name name in _waiting.Keys.Where(name => HadItsTurn(state.Unikernels.GetValueOrDefault(name))).ToList())
        {
            _waiting.Remove(name);
        }

        foreach ((Name name, long startup) in _waiting)
        {
            bool isFirst = startup == _waiting.Values.Min();
            Require(isFirst || state.Unikernels[name].Phase is Phase.Queued, $"{name} of startup {startup} begins before its turn");
        }
    }

    // It runs, has failed or is gone; or a client has put another in its place.
    private static bool HadItsTurn(Unikernel? unikernel) =>
        unikernel is null or { Creator: not null } or { Phase: Phase.Running or Phase.Stopping or Phase.WaitingToRestart };
}
