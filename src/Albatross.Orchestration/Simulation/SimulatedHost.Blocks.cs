using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>The block devices of the simulated host, which outlive a crash.</summary>
internal sealed partial class SimulatedHost
{
    private readonly HashSet<Name> _givenUp = [];

    /// <summary>What is there, and how many MiB each has.</summary>
    public Dictionary<Name, long> Blocks { get; } = [];

    private void StartOnBlock(VmmdEffect effect)
    {
        if (effect is VmmdEffect.GiveBlockUp give)
        {
            Require(UnderWay.Any(other => BlockOf(other) == give.Name), $"nothing is done to {give.Name}");
            _givenUp.Add(give.Name);
            return;
        }

        Name name = BlockOf(effect)!.Value;
        bool isAdded = effect is VmmdEffect.MakeBlock;
        Require(Blocks.ContainsKey(name) != isAdded, $"{name} is {(isAdded ? "there already" : "not there")}");
        Require(!UnderWay.Any(other => BlockOf(other) == name), $"two commands work on {name}");
        bool isAttached = Attached.Values.Any(attached => attached.Order.Blocks.Any(block => block.Block == name));
        Require(!isAttached, $"{name} is attached to a unikernel");
        _underWay.Add(effect);
    }

    private VmmdInput.BlockDone BlockDone(VmmdEffect effect)
    {
        Name name = BlockOf(effect) ?? throw new SimulationException($"{effect.GetType().Name} has no outcome");
        _givenUp.Remove(name);
        switch (effect)
        {
            case VmmdEffect.MakeBlock make:
                Blocks.Add(name, make.SizeMib);
                break;
            case VmmdEffect.RemoveBlock:
                Blocks.Remove(name);
                break;
            case VmmdEffect.SendBlock send:
                Answers.Add((send.To.Connection, new Reply.BlockData(null)));
                break;
        }

        return new VmmdInput.BlockDone(name);
    }

    private VmmdInput.BlockFailed BlockFailed(VmmdEffect effect, Refusal refusal)
    {
        Name name = BlockOf(effect) ?? throw new SimulationException($"{effect.GetType().Name} cannot fail");
        _givenUp.Remove(name);
        if (effect is VmmdEffect.SendBlock send)
        {
            Answers.Add((send.To.Connection, Reply.Failure.Of(refusal.Text)));
        }

        return new VmmdInput.BlockFailed(name, refusal);
    }

    private bool IsGivenUp(VmmdEffect effect) => BlockOf(effect) is { } name && _givenUp.Contains(name);

    private static Name? BlockOf(VmmdEffect effect) => effect switch
    {
        VmmdEffect.MakeBlock make => make.Name,
        VmmdEffect.FillBlock fill => fill.Name,
        VmmdEffect.SendBlock send => send.Name,
        VmmdEffect.RemoveBlock remove => remove.Name,
        _ => null,
    };
}
