using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The life of a tender: image, console, start, end, restart (drawn at <see cref="Phase"/>).</summary>
public static partial class VmmdStep
{
    private static void ImagePrepared(Turn turn, VmmdInput.ImagePrepared prepared)
    {
        if (turn.Find(prepared.Name) is { Replacement: { } next } old && next.Incarnation == prepared.Incarnation)
        {
            Unikernel replaced = old with { Replacement = next with { Image = prepared.Image } };
            turn.Put(replaced);
            if (replaced.Phase is Phase.Running running)
            {
                Terminate(turn, replaced, running);
            }

            return;
        }

        if (turn.Find(prepared.Name, prepared.Incarnation) is not { Phase: Phase.Preparing } unikernel)
        {
            turn.Do(new VmmdEffect.ReleaseImage(prepared.Image));
            return;
        }

        Unikernel ready = unikernel with { Image = prepared.Image };
        if (IsDoomed(turn.State, ready))
        {
            Gone(turn, ready);
            return;
        }

        AttachDevices(turn, ready);
    }

    private static void ImageRefused(Turn turn, VmmdInput.ImageRefused refused)
    {
        if (turn.Find(refused.Name) is { Replacement: { } next } old && next.Incarnation == refused.Incarnation)
        {
            turn.Put(old with { Replacement = null });         // the one that runs is left alone
            turn.Refuse(next.Creator, refused.Refusal);
            return;
        }

        if (turn.Find(refused.Name, refused.Incarnation) is { Creator: { } creator } unikernel)
        {
            turn.Refuse(creator, refused.Refusal);             // in its own words, as by the original: nothing was begun yet
            Gone(turn, unikernel with { Creator = null });
        }
    }

    private static void ConsoleOpened(Turn turn, VmmdInput.ConsoleOpened opened)
    {
        if (turn.Find(opened.Name, opened.Incarnation) is not { Phase: Phase.OpeningConsole } unikernel)
        {
            return;
        }

        if (IsDoomed(turn.State, unikernel))
        {
            Gone(turn, unikernel);
            return;
        }

        if (!GuestCommandLine.TryJoin(unikernel.Name, unikernel.Settings, out ReadOnlyMemory<byte> line, out Refusal? refusal))
        {
            throw new InvalidOperationException(refusal.Text);   // checked when it was admitted
        }

        turn.Put(unikernel with { Phase = new Phase.Starting() });
        turn.Do(new VmmdEffect.StartTender(
            unikernel.Name,
            unikernel.Incarnation,
            new TenderStart(unikernel.Image!, unikernel.Settings.MemoryMib, unikernel.Settings.CpuIds, line)));
    }

    private static void TenderStarted(Turn turn, VmmdInput.TenderStarted started)
    {
        if (turn.Find(started.Name, started.Incarnation) is not { Phase: Phase.Starting } unikernel)
        {
            throw new InvalidOperationException($"a tender of {started.Name} was started that nobody asked for");
        }

        var running = new Phase.Running(started.ProcessId, started.At);
        if (unikernel.Creator is { } creator)
        {
            turn.Answer(creator, Reply.Success.Of("created unikernel"));
        }

        turn.Put(unikernel with { Phase = running, Creator = null });
        turn.Do(Tell(unikernel, started.ProcessId));
        if (IsDoomed(turn.State, unikernel))
        {
            Terminate(turn, unikernel with { Creator = null }, running);
        }
    }

    private static void StartFailed(Turn turn, Name name, long incarnation, Refusal refusal)
    {
        if (turn.Find(name, incarnation) is not { } unikernel)
        {
            return;
        }

        if (unikernel.Creator is { } creator)
        {
            turn.Refuse(creator, refusal with { Text = $"could not create unikernel: {refusal.Text}" });
        }
        else
        {
            turn.Do(new VmmdEffect.Report(name, $"could not be started again: {refusal.Text}"));
        }

        Gone(turn, unikernel with { Creator = null });
    }

    private static void TenderExited(Turn turn, VmmdInput.TenderExited exited)
    {
        if (turn.Find(exited.Name, exited.Incarnation) is not { Process: { } process } ended)
        {
            throw new InvalidOperationException($"a tender of {exited.Name} ended that did not run");
        }

        turn.Do(new VmmdEffect.TellStatistics(exited.Name, new Command.StatisticsRemove()));
        Unikernel unikernel = Detach(turn, ended);
        bool doomed = IsDoomed(turn.State, unikernel);
        if (unikernel.Replacement is { Image: not null } next && !doomed)
        {
            turn.Do(new VmmdEffect.ReleaseImage(unikernel.Image!));
            AttachDevices(turn, new Unikernel(
                exited.Name, next.Incarnation, next.Type, next.Settings, next.Demand, next.Image, new Phase.Preparing(), next.Creator, []));
            return;
        }

        bool wanted = unikernel.Phase is Phase.Running && !doomed;
        if (unikernel.Replacement is { Image: null } coming && wanted)
        {
            // It ended by itself while its replacement is being prepared: that one goes on as a create.
            turn.Do(new VmmdEffect.ReleaseImage(unikernel.Image!));
            turn.Put(new Unikernel(
                exited.Name, coming.Incarnation, coming.Type, coming.Settings, coming.Demand, null, new Phase.Preparing(), coming.Creator,
                    []));
            return;
        }

        if (wanted && RestartDecision.SettingsOfNext(unikernel.Settings, exited.Status) is { } settings)
        {
            Restart(turn, unikernel with { Settings = settings }, exited.At - process.Since);
            return;
        }

        Gone(turn, unikernel);
    }

    private static void Restart(Turn turn, Unikernel unikernel, TimeSpan ran)
    {
        int quick = ran >= turn.State.Settings.SettledAfter ? 0 : unikernel.QuickRestarts;
        Unikernel waiting = unikernel with
        {
            Phase = new Phase.WaitingToRestart(), Incarnation = turn.NextIncarnation(), QuickRestarts = quick + 1,
        };
        turn.Put(waiting);
        turn.Do(new VmmdEffect.WakeAfter(waiting.Name, waiting.Incarnation, RestartDecision.Delay(turn.State.Settings, quick)));
    }

    private static void TimerFired(Turn turn, VmmdInput.TimerFired fired)
    {
        switch (turn.Find(fired.Name, fired.Incarnation))
        {
            case { Phase: Phase.WaitingToRestart } waiting:
                AttachDevices(turn, waiting);
                break;
            case { Phase: Phase.Stopping } stubborn:
                turn.Do(new VmmdEffect.SignalTender(stubborn.Name, stubborn.Incarnation, TenderSignal.Kill));
                break;
        }
    }

    // Somebody wants it gone, so it is not started, not replaced and not restarted.
    private static bool IsDoomed(VmmdState state, Unikernel unikernel) => state.Stopping || unikernel.Destroyers.Length > 0;

    private static void OpenConsole(Turn turn, Unikernel unikernel)
    {
        turn.Put(unikernel with { Phase = new Phase.OpeningConsole() });
        turn.Do(new VmmdEffect.OpenConsole(unikernel.Name, unikernel.Incarnation, ConsolesOf(turn.State, unikernel.Name)));
    }

    // The original tells the console service how many rings a path may keep: its policy's unikernels; the root's are not limited.
    private static long ConsolesOf(VmmdState state, Name name) => name.Path.IsRoot
        ? ResourcePolicy.Unlimited
        : state.Resources.Policies.GetValueOrDefault(name.Path)?.Unikernels ?? 0;

    private static void Terminate(Turn turn, Unikernel unikernel, Phase.Running running)
    {
        turn.Put(unikernel with { Phase = new Phase.Stopping(running.ProcessId, running.Since) });
        turn.Do(new VmmdEffect.SignalTender(unikernel.Name, unikernel.Incarnation, TenderSignal.Terminate));
        turn.Do(new VmmdEffect.WakeAfter(unikernel.Name, unikernel.Incarnation, turn.State.Settings.StopGrace));
    }

    // Nothing runs for it any more: whoever waits is answered, and what the host holds is given back.
    private static void Gone(Turn turn, Unikernel unikernel)
    {
        foreach (Requester destroyer in unikernel.Destroyers)
        {
            turn.Answer(destroyer, Reply.Success.Of("destroyed unikernel"));
        }

        Refusal reason = unikernel.Destroyers.IsEmpty
            ? new Refusal(RefusalCode.ShuttingDown, "could not create unikernel: the daemon is stopping")
            : new Refusal(RefusalCode.NotFound, "could not create unikernel: it was destroyed meanwhile");
        foreach (Requester creator in new[] { unikernel.Creator, unikernel.Replacement?.Creator }.OfType<Requester>())
        {
            turn.Refuse(creator, reason);
        }

        Forget(turn, unikernel);
        if (turn.State is { Stopping: true, Unikernels.IsEmpty: true })
        {
            turn.Do(new VmmdEffect.Finished());
        }
    }

    private static void Forget(Turn turn, Unikernel unikernel)
    {
        turn.Remove(unikernel.Name);
        Detach(turn, unikernel);
        foreach (ImageId image in new[] { unikernel.Image, unikernel.Replacement?.Image }.OfType<ImageId>())
        {
            turn.Do(new VmmdEffect.ReleaseImage(image));
        }

        turn.Do(new VmmdEffect.RemoveTraces(unikernel.Name));
    }

    private static VmmdEffect.TellStatistics Tell(Unikernel unikernel, int processId) =>
        new(unikernel.Name, new Command.StatisticsAdd(RawText.Of(""), processId, unikernel.Attached ?? []));

    private static void TellAll(Turn turn)
    {
        foreach (Unikernel unikernel in turn.State.Unikernels.Values)
        {
            if (unikernel.Process is { } process)
            {
                turn.Do(Tell(unikernel, process.ProcessId));
            }
        }
    }

    // A tender that is being started counts: its console was opened by the service that is gone.
    private static void ReopenConsoles(Turn turn)
    {
        foreach (Unikernel unikernel in turn.State.Unikernels.Values.Where(one => one.Process is not null || one.Phase is Phase.Starting))
        {
            turn.Do(new VmmdEffect.ReopenConsole(unikernel.Name, ConsolesOf(turn.State, unikernel.Name)));
        }
    }

    private static void ShutDown(Turn turn)
    {
        if (turn.State.Stopping)
        {
            return;
        }

        turn.State = turn.State with { Stopping = true };
        foreach (Unikernel unikernel in turn.State.Unikernels.Values)
        {
            if (unikernel.Phase is Phase.Running running)
            {
                Terminate(turn, unikernel, running);
            }
            else if (unikernel.Phase is Phase.WaitingToRestart)
            {
                Forget(turn, unikernel);
            }
        }

        if (turn.State.Unikernels.IsEmpty)
        {
            turn.Do(new VmmdEffect.Finished());
        }
    }
}
