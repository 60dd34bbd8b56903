using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>What outlives the daemon: it is stored when it changes, and carried out when the next daemon starts.</summary>
public static partial class VmmdStep
{
    private static void Stored(Turn turn, long version)
    {
        StoreProgress storing = turn.State.Storing;
        foreach (HeldAnswer held in storing.Held.Where(held => held.Version <= version))
        {
            turn.Do(held.Answer);
        }

        foreach (Forgotten forgotten in storing.Forgotten.Where(forgotten => forgotten.Version <= version))
        {
            turn.ReleaseImage(forgotten.Image);
        }

        foreach (HeldBlock held in storing.Blocks.Where(held => held.Version <= version))
        {
            turn.Do(held.Effect);
        }

        turn.State = turn.State with
        {
            Storing = storing with
            {
                InFlight = 0,
                Done = version,
                Held = storing.Held.RemoveAll(held => held.Version <= version),
                Forgotten = storing.Forgotten.RemoveAll(forgotten => forgotten.Version <= version),
                Blocks = storing.Blocks.RemoveAll(held => held.Version <= version),
            },
        };
        turn.Store(TimeSpan.Zero);
    }

    // What was done is done, but nobody may believe that it is safe. A daemon that stops does not wait for a disk that is full.
    private static void StoreFailed(Turn turn, Refusal refusal)
    {
        StoreProgress storing = turn.State.Storing;
        foreach (HeldAnswer held in storing.Held)
        {
            RawText said = ((Reply.Success)held.Answer.Answer).Text;
            turn.Answer(held.Answer.To, Reply.Failure.Of($"{said}, but it would not survive a restart of the daemon: {refusal.Text}"));
        }

        foreach (HeldBlock held in storing.Blocks)
        {
            BlockFailed(turn, held.Name, refusal with { Text = $"what it waited for could not be stored: {refusal.Text}" });
        }

        turn.Do(new VmmdEffect.Report(Name.Root, $"what is wanted could not be stored: {refusal.Text}"));
        long done = turn.State.Stopping ? storing.Wanted : storing.Done;
        turn.State = turn.State with { Storing = storing with { InFlight = 0, Done = done, Held = [], Blocks = [] } };
        turn.Store(turn.State.Settings.StoreRetryDelay);
    }

    // Those of one startup number at once, and the next number when each of them runs, has failed or is gone; but none before everything
    // that an earlier daemon left and nobody wants has ended.
    private static void StartNextLevels(Turn turn)
    {
        while (turn.State is { Stopping: false, Boot: { IsNextDue: true } boot }
            && !turn.State.Unikernels.Values.Any(unikernel => unikernel.IsOutdated))
        {
            ImmutableArray<Name> queued = [.. boot.Levels[0].Where(name => turn.Find(name) is { Phase: Phase.Queued })];
            turn.State = turn.State with { Boot = new StartOrder([.. queued], boot.Levels[1..]) };
            foreach (Name name in queued)
            {
                Begin(turn, turn.Find(name)!);
            }
        }
    }

    private static Unikernel Of(Name name, DesiredUnikernel wanted, long incarnation, Phase phase) => new(
        name, incarnation, wanted.Type, wanted.Settings, Demand.Of(name, wanted.Settings), Image: null, phase, Creator: null, []);
}
