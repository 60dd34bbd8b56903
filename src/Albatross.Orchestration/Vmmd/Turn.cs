using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// One step while it is being worked out: the state so far and the effects in their order. Lives inside one call of
/// <see cref="VmmdStep.Step"/>, so that step stays a function of its arguments.
/// </summary>
internal sealed class Turn(VmmdState state)
{
    private readonly ImmutableArray<VmmdEffect>.Builder _effects = ImmutableArray.CreateBuilder<VmmdEffect>();

    public VmmdState State { get; set; } = state;

    public (VmmdState State, ImmutableArray<VmmdEffect> Effects) Result => (State, _effects.DrainToImmutable());

    public void Do(VmmdEffect effect) => _effects.Add(effect);

    public void Answer(Requester to, Reply reply, Connection after = Connection.Close) => Do(new VmmdEffect.Reply(to, reply, after));

    public void Refuse(Requester to, Refusal refusal) => Answer(to, Reply.Failure.Of(refusal.Text));

    public long NextIncarnation()
    {
        State = State with { LastIncarnation = State.LastIncarnation + 1 };
        return State.LastIncarnation;
    }

    public Unikernel? Find(Name name) => State.Unikernels.GetValueOrDefault(name);

    /// <summary>The unikernel whose current start is <paramref name="incarnation"/>; null when the outcome is of an older one.</summary>
    public Unikernel? Find(Name name, long incarnation) => Find(name) is { } found && found.Incarnation == incarnation ? found : null;

    /// <summary>Stores <paramref name="unikernel"/>; what it takes from the policies is its own demand and its replacement's.</summary>
    public void Put(Unikernel unikernel) => State = State with
    {
        Unikernels = State.Unikernels.SetItem(unikernel.Name, unikernel),
        Resources = State.Resources.WithoutUnikernel(unikernel.Name).WithUnikernel(
            unikernel.Name,
            unikernel.Replacement is { } next ? unikernel.Demand.Or(next.Demand) : unikernel.Demand),
    };

    public void Remove(Name name) => State = State with
    {
        Unikernels = State.Unikernels.Remove(name),
        Resources = State.Resources.WithoutUnikernel(name),
    };
}
