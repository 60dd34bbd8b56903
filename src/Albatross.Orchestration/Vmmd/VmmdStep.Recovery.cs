using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// A daemon takes over from an earlier one, and leaves to the next: what still runs as it is wanted goes on, what runs otherwise is ended,
/// and only when that has ended is anything started. So nothing runs twice, and nobody has more than his policy allows.
/// </summary>
public static partial class VmmdStep
{
    private static void Restore(Turn turn, VmmdInput.Restored restored)
    {
        ResourceTree resources = turn.State.Resources;
        foreach ((NamePath path, ResourcePolicy policy) in restored.State.Policies)
        {
            resources = path.IsRoot ? resources : resources.WithPolicy(path, policy);
        }

        turn.State = turn.State with
        {
            Resources = resources,
            Desired = restored.State.Unikernels,
            Boot = StartOrder.Of(restored.State.Unikernels),
            LastIncarnation = restored.Found.Aggregate(turn.State.LastIncarnation, (last, found) => Math.Max(last, found.Incarnation)),
        };
        foreach (FoundTender found in restored.Found)
        {
            TakeOver(turn, found, found.IsWantedBy(restored.State));
        }

        foreach ((Name name, DesiredUnikernel wanted) in restored.State.Unikernels)
        {
            if (turn.Find(name) is null)
            {
                turn.Put(Of(name, wanted, turn.NextIncarnation(), new Phase.Queued()));
            }
        }
    }

    // Its devices, image and policies stay its own until it has ended, whatever is wanted now.
    private static void TakeOver(Turn turn, FoundTender found, bool isWanted)
    {
        DesiredUnikernel runs = isWanted ? turn.State.Desired[found.Name] : found.Origin.Of;
        var running = new Phase.Running(found.ProcessId, found.Since);
        Unikernel unikernel = Of(found.Name, runs, found.Incarnation, running) with
        {
            Image = runs.Image,
            QuickRestarts = found.Origin.QuickRestarts,
            Attached = found.Origin.Taps,
            IsOutdated = !isWanted,
        };
        turn.Put(unikernel);
        turn.Do(Tell(unikernel, found.ProcessId));
        turn.Do(new VmmdEffect.ReopenConsole(found.Name, ConsolesOf(turn.State, found.Name)));
        if (!isWanted)
        {
            Terminate(turn, unikernel, running);
        }
    }

    // What is wanted under its name, if anything is, waits for its turn like everything else.
    private static void OutdatedEnded(Turn turn, Unikernel unikernel)
    {
        if (!turn.State.Desired.TryGetValue(unikernel.Name, out DesiredUnikernel? wanted))
        {
            Gone(turn, unikernel);
            return;
        }

        turn.ReleaseImage(unikernel.Image);
        turn.Put(Of(unikernel.Name, wanted, turn.NextIncarnation(), new Phase.Queued()));
    }

    private static void ShutDown(Turn turn, bool stopUnikernels)
    {
        if (turn.State.Stopping)
        {
            return;
        }

        turn.State = turn.State with { Stopping = true, LeavesRunning = !stopUnikernels };
        GiveBlockWorkUp(turn);
        foreach (Unikernel unikernel in turn.State.Unikernels.Values)
        {
            if (unikernel.IsWaiting)
            {
                Gone(turn, unikernel);
            }
            else if (!stopUnikernels)
            {
                KeepTheOld(turn, unikernel);
            }
            else if (unikernel.Phase is Phase.Running running)
            {
                Terminate(turn, unikernel, running);
            }
        }
    }

    // Nothing takes the place of what the next daemon is to find.
    private static void KeepTheOld(Turn turn, Unikernel unikernel)
    {
        if (unikernel.Replacement is { } next)
        {
            turn.Refuse(next.Creator, DaemonStops);
            turn.ReleaseImage(next.Image);
            turn.Put(unikernel with { Replacement = null });
        }
    }
}
