using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// One step while it is being worked out: the state so far and the effects in their order. Lives inside one call of
/// <see cref="VmmdStep.Step"/>, so that step stays a function of its arguments.
/// </summary>
internal sealed class Turn
{
    private readonly List<VmmdEffect> _effects = [];
    private readonly List<Forgotten> _forgotten = [];
    private readonly VmmdState _before;

    public Turn(VmmdState before) => _before = State = before;

    public VmmdState State { get; set; }

    /// <summary>
    /// The outcome. A step that changed what is wanted stores it, and its answers that say "done" wait until that is on the disk.
    /// </summary>
    public (VmmdState State, ImmutableArray<VmmdEffect> Effects) Finish()
    {
        if (State.Desired != _before.Desired || State.Resources.Policies != _before.Resources.Policies)
        {
            HoldAnswers();
        }

        if (State is { Stopping: true, Finished: false, BlockWork.IsEmpty: true, Storing.IsComplete: true } && IsAtRest)
        {
            State = State with { Finished = true };
            Do(new VmmdEffect.Finished());
        }

        return (State, [.. _effects]);
    }

    private bool IsAtRest =>
        State.Unikernels.IsEmpty || (State.LeavesRunning && State.Unikernels.Values.All(unikernel => unikernel.IsSettled));

    public void Do(VmmdEffect effect) => _effects.Add(effect);

    public void Answer(Requester to, Reply reply, Connection after = Connection.Close) => Do(new VmmdEffect.Reply(to, reply, after));

    public void Refuse(Requester to, Refusal refusal) => Answer(to, Reply.Failure.Of(refusal.Text));

    /// <summary>Begins to store the newest version, unless one is being stored.</summary>
    /// <param name="delay">How long to wait before.</param>
    public void Store(TimeSpan delay)
    {
        StoreProgress storing = State.Storing;
        if (storing.InFlight == 0 && !storing.IsComplete)
        {
            State = State with { Storing = storing with { InFlight = storing.Wanted } };
            Do(new VmmdEffect.Store(storing.Wanted, State.ToStore, delay));
        }
    }

    public long NextIncarnation()
    {
        State = State with { LastIncarnation = State.LastIncarnation + 1 };
        return State.LastIncarnation;
    }

    public Unikernel? Find(Name name) => State.Unikernels.GetValueOrDefault(name);

    /// <summary>The unikernel whose current start is <paramref name="incarnation"/>; null when the outcome is of an older one.</summary>
    public Unikernel? Find(Name name, long incarnation) => Find(name) is { } found && found.Incarnation == incarnation ? found : null;

    /// <summary>
    /// Notes <paramref name="unikernel"/>; what it takes from the policies covers its replacement, and while it is on trial or outdated
    /// what is wanted.
    /// </summary>
    public void Put(Unikernel unikernel)
    {
        Demand demand = unikernel.Replacement is { } next ? unikernel.Demand.Or(next.Demand) : unikernel.Demand;
        if (State.ComingBackAfter(unikernel) is { } settings)
        {
            demand = demand.Or(Demand.Of(unikernel.Name, settings));
        }

        State = State with
        {
            Unikernels = State.Unikernels.SetItem(unikernel.Name, unikernel),
            Resources = State.Resources.WithoutUnikernel(unikernel.Name).WithUnikernel(unikernel.Name, demand),
        };
        if (unikernel.Phase is Phase.Running or Phase.Stopping or Phase.WaitingToRestart)
        {
            HadItsTurn(unikernel.Name);
        }
    }

    public void Remove(Name name)
    {
        State = State with
        {
            Unikernels = State.Unikernels.Remove(name),
            Resources = State.Resources.WithoutUnikernel(name),
        };
        HadItsTurn(name);
    }

    /// <summary>Wants <paramref name="unikernel"/> as it is now, of which an image is held, from now on.</summary>
    public void Keep(Unikernel unikernel)
    {
        var wanted = new DesiredUnikernel(unikernel.Type, unikernel.Settings, unikernel.Image!);
        DesiredUnikernel? earlier = State.Desired.GetValueOrDefault(unikernel.Name);
        if (earlier?.Image != wanted.Image)
        {
            Do(new VmmdEffect.RetainImage(wanted.Image));
        }

        Forget(unikernel.Name, wanted);
        State = State with { Desired = State.Desired.SetItem(unikernel.Name, wanted) };
    }

    /// <summary>Does not want <paramref name="name"/> any more.</summary>
    public void Drop(Name name)
    {
        Forget(name, next: null);
        State = State with { Desired = State.Desired.Remove(name) };
    }

    /// <summary>Gives one reference up, if there is one.</summary>
    public void ReleaseImage(ImageId? image)
    {
        if (image is not null)
        {
            Do(new VmmdEffect.ReleaseImage(image));
        }
    }

    private void Forget(Name name, DesiredUnikernel? next)
    {
        if (State.Desired.TryGetValue(name, out DesiredUnikernel? earlier))
        {
            ImageId? image = earlier.Image == next?.Image ? null : earlier.Image;
            _forgotten.Add(new Forgotten(State.Storing.Wanted + 1, image, Demand.Of(name, earlier.Settings).Blocks));
        }
    }

    private void HadItsTurn(Name name)
    {
        if (State.Boot.UnderWay.Contains(name))
        {
            State = State with { Boot = State.Boot with { UnderWay = State.Boot.UnderWay.Remove(name) } };
        }
    }

    // The place of the first answer is the place of the effect that it waits for.
    private void HoldAnswers()
    {
        long version = State.Storing.Wanted + 1;
        List<VmmdEffect.Reply> done = [.. _effects.OfType<VmmdEffect.Reply>().Where(reply => reply.Answer is Reply.Success)];
        int at = done.Count > 0 ? _effects.IndexOf(done[0]) : _effects.Count;
        List<VmmdEffect> later = _effects.GetRange(at, _effects.Count - at);
        _effects.RemoveRange(at, later.Count);
        State = State with
        {
            Storing = State.Storing with
            {
                Wanted = version,
                Held = [.. State.Storing.Held, .. done.Select(reply => new HeldAnswer(version, reply))],
                Forgotten = [.. State.Storing.Forgotten, .. _forgotten],
            },
        };
        Store(TimeSpan.Zero);
        _effects.AddRange(later.Where(effect => effect is not VmmdEffect.Reply reply || !done.Contains(reply)));
    }
}
