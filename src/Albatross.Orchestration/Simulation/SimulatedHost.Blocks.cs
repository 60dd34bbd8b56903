using Albatross.Orchestration.Vmmd;
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
            Require(_underWay.Any(other => BlockOf(other) == give.Name), $"nothing is done to {give.Name}");
            _givenUp.Add(give.Name);
            return;
        }

        Name name = BlockOf(effect)!.Value;
        bool isAdded = effect is VmmdEffect.MakeBlock;
        Require(Blocks.ContainsKey(name) != isAdded, $"{name} is {(isAdded ? "there already" : "not there")}");
        Require(!_underWay.Any(other => BlockOf(other) == name), $"two commands work on {name}");
        bool isAttached = Attached.Values.Any(attached => attached.Order.Blocks.Any(block => block.Block == name));
        Require(!isAttached, $"{name} is attached to a unikernel");
        _underWay.Add(effect);
    }

    private VmmdInput BlockOutcome(VmmdEffect effect)
    {
        Name name = BlockOf(effect) ?? throw new SimulationException($"{effect.GetType().Name} has no outcome");
        bool isGivenUp = _givenUp.Remove(name);
        bool fails = isGivenUp || random.OneIn(6);
        if (effect is VmmdEffect.SendBlock send)
        {
            Answers.Add((send.To.Connection, fails ? Reply.Failure.Of("no block") : new Reply.BlockData(null)));
        }

        if (fails)
        {
            return new VmmdInput.BlockFailed(name, No("no block"));
        }

        switch (effect)
        {
            case VmmdEffect.MakeBlock make:
                Blocks.Add(name, make.SizeMib);
                break;
            case VmmdEffect.RemoveBlock:
                Blocks.Remove(name);
                break;
        }

        return new VmmdInput.BlockDone(name);
    }

    private static Name? BlockOf(VmmdEffect effect) => effect switch
    {
        VmmdEffect.MakeBlock make => make.Name,
        VmmdEffect.FillBlock fill => fill.Name,
        VmmdEffect.SendBlock send => send.Name,
        VmmdEffect.RemoveBlock remove => remove.Name,
        _ => null,
    };
}
