using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The life of a tender: image, console, start, end, restart (drawn at <see cref="Phase"/>).</summary>
public static partial class VmmdStep
{
    private static readonly Refusal DaemonStops = new(
        RefusalCode.ShuttingDown, "could not create unikernel: the daemon is stopping");

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
            else if (replaced.IsWaiting)
            {
                TakePlace(turn, replaced);
            }

            return;
        }

        if (turn.Find(prepared.Name, prepared.Incarnation) is not { Phase: Phase.Preparing } unikernel)
        {
            turn.ReleaseImage(prepared.Image);
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

        if (turn.Find(refused.Name, refused.Incarnation) is not { } unikernel)
        {
            return;
        }

        if (unikernel.Creator is { } creator)
        {
            turn.Refuse(creator, refused.Refusal);             // in its own words, as by the original: nothing was begun yet
            unikernel = unikernel with { Creator = null };
            AfterFailure(turn, unikernel with { LastEnd = refused.Refusal.Text });
            return;
        }

        StartFailed(turn, refused.Name, refused.Incarnation, refused.Refusal);
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

        if (unikernel.Replacement is { Image: not null })
        {
            TakePlace(turn, unikernel);
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
            new TenderStart(unikernel.Image!, unikernel.Settings.MemoryMib, unikernel.Settings.CpuIds, line),
            TenderOrigin.Start(unikernel)));
    }

    private static void TenderStarted(Turn turn, VmmdInput.TenderStarted started)
    {
        if (turn.Find(started.Name, started.Incarnation) is not { Phase: Phase.Starting } unikernel)
        {
            throw new InvalidOperationException($"a tender of {started.Name} was started that nobody asked for");
        }

        var running = new Phase.Running(started.ProcessId, started.At);
        Unikernel runs = unikernel with { Phase = running };
        turn.Put(runs);
        if (IsToEnd(turn.State, runs))
        {
            turn.Do(Tell(runs, started.ProcessId));
            Terminate(turn, runs, running);
            return;
        }

        if (runs.OnTrial)
        {
            turn.Do(Wake(runs, Alarm.Regret, turn.State.Settings.RegretWindow));
        }
        else if (runs.Creator is not null)
        {
            runs = Approve(turn, runs);
        }

        turn.Do(Tell(runs, started.ProcessId));
        if (runs.Replacement is { Image: not null })
        {
            Terminate(turn, runs, running);
        }
    }

    // It runs, and from now on it is wanted.
    private static Unikernel Approve(Turn turn, Unikernel unikernel)
    {
        turn.Answer(unikernel.Creator!, Reply.Success.Of("created unikernel"));
        Unikernel approved = unikernel with { Creator = null, OnTrial = false };
        turn.Keep(approved);
        turn.Put(approved);
        return approved;
    }

    private static void StartFailed(Turn turn, Name name, long incarnation, Refusal refusal)
    {
        if (turn.Find(name, incarnation) is not { } unikernel)
        {
            return;
        }

        if (unikernel.Creator is { } creator)
        {
            string back = unikernel.OnTrial && !IsDoomed(turn.State, unikernel) ? "; the one that it was to replace is started again" : "";
            turn.Refuse(creator, refusal with { Text = $"could not create unikernel: {refusal.Text}{back}" });
        }
        else
        {
            turn.Do(new VmmdEffect.Report(name, $"could not be started again: {refusal.Text}"));
        }

        AfterFailure(turn, unikernel with { Creator = null, LastEnd = refusal.Text });
    }

    // What is wanted is tried again, now if it did run before, else after a pause; what never ran is given up.
    private static void AfterFailure(Turn turn, Unikernel unikernel)
    {
        Unikernel failed = Detach(turn, unikernel);
        if (IsDoomed(turn.State, failed) || !turn.State.Desired.TryGetValue(failed.Name, out DesiredUnikernel? wanted))
        {
            Gone(turn, failed);
        }
        else if (failed.OnTrial)
        {
            turn.ReleaseImage(failed.Image);
            Begin(turn, Of(failed.Name, wanted, turn.NextIncarnation(), new Phase.Preparing()));
        }
        else if (failed.Replacement is { Image: not null })
        {
            TakePlace(turn, failed);
        }
        else
        {
            Restart(turn, failed, TimeSpan.Zero);
        }
    }

    private static void TenderExited(Turn turn, VmmdInput.TenderExited exited)
    {
        if (turn.Find(exited.Name, exited.Incarnation) is not { Process: { } process } ended)
        {
            throw new InvalidOperationException($"a tender of {exited.Name} ended that did not run");
        }

        turn.Do(new VmmdEffect.TellStatistics(exited.Name, new Command.StatisticsRemove()));
        Unikernel unikernel = Detach(turn, ended);
        if (IsDoomed(turn.State, unikernel))
        {
            Gone(turn, unikernel);
            return;
        }

        if (unikernel.IsOutdated)
        {
            OutdatedEnded(turn, unikernel);
            return;
        }

        if (unikernel.Replacement is { Image: not null })
        {
            TakePlace(turn, unikernel);
            return;
        }

        if (unikernel.OnTrial)
        {
            if (exited.Status is ExitStatus.Signalled)
            {
                turn.Refuse(unikernel.Creator!, new Refusal(
                    RefusalCode.HostFailure,
                    $"could not create unikernel: it {exited.Status}; the one that it was to replace is started again"));
                AfterFailure(turn, unikernel with { Creator = null });
                return;
            }

            unikernel = Approve(turn, unikernel);   // it did run, and ended by itself
        }

        if (RestartDecision.SettingsOfNext(unikernel.Settings, exited.Status) is { } settings)
        {
            Unikernel next = unikernel with { Settings = settings, LastEnd = $"it {exited.Status}" };
            if (settings != unikernel.Settings)
            {
                turn.Keep(next);
            }

            Restart(turn, next, exited.At - process.Since);
        }
        else if (unikernel.Replacement is { } coming)
        {
            // It ended by itself while its replacement is being prepared: that one goes on as a create.
            turn.ReleaseImage(unikernel.Image);
            turn.Drop(unikernel.Name);
            turn.Put(Of(unikernel.Name, coming) with { Phase = new Phase.Preparing() });
        }
        else
        {
            Gone(turn, unikernel);
        }
    }

    // Nothing runs for the old one. It stays wanted until the new one has proved itself.
    private static void TakePlace(Turn turn, Unikernel old)
    {
        turn.ReleaseImage(Detach(turn, old).Image);
        AttachDevices(turn, Of(old.Name, old.Replacement!) with { OnTrial = turn.State.Desired.ContainsKey(old.Name) });
    }

    private static Unikernel Of(Name name, Replacement next) => new(
        name, next.Incarnation, next.Type, next.Settings, next.Demand, next.Image, new Phase.Preparing(), next.Creator, []);

    private static void Restart(Turn turn, Unikernel unikernel, TimeSpan ran)
    {
        int quick = ran >= turn.State.Settings.SettledAfter ? 0 : unikernel.QuickRestarts;
        Unikernel waiting = unikernel with
        {
            Phase = new Phase.WaitingToRestart(), Incarnation = turn.NextIncarnation(), QuickRestarts = quick + 1,
        };
        turn.Put(waiting);
        TimeSpan delay = RestartDecision.Delay(turn.State.Settings, waiting.Name, quick);
        if (IsCrashLoop(turn.State, waiting))
        {
            turn.Do(new VmmdEffect.Report(waiting.Name, $"{CrashLoop(waiting)}; started again in {delay.TotalSeconds:0.###} s"));
        }

        turn.Do(Wake(waiting, Alarm.Restart, delay));
    }

    private static bool IsCrashLoop(VmmdState state, Unikernel unikernel) => unikernel.QuickRestarts >= state.Settings.CrashLoopAfter;

    private static string CrashLoop(Unikernel unikernel) =>
        $"crash loop: ended {unikernel.QuickRestarts} times in a row without settling, the last time because {unikernel.LastEnd}";

    // A unikernel for which nothing runs is started. Without an image in hand, the one that is wanted is looked at again.
    private static void Begin(Turn turn, Unikernel unikernel)
    {
        if (unikernel.Image is not null)
        {
            AttachDevices(turn, unikernel);
            return;
        }

        turn.Put(unikernel with { Phase = new Phase.Preparing() });
        ImageId image = turn.State.Desired[unikernel.Name].Image;
        turn.Do(new VmmdEffect.CheckImage(unikernel.Name, unikernel.Incarnation, image, unikernel.Settings));
    }

    private static void TimerFired(Turn turn, VmmdInput.TimerFired fired)
    {
        switch (turn.Find(fired.Name, fired.Incarnation), fired.For)
        {
            case ({ Phase: Phase.WaitingToRestart } waiting, Alarm.Restart):
                Begin(turn, waiting);
                break;
            case ({ Phase: Phase.Stopping } stubborn, Alarm.Kill):
                turn.Do(new VmmdEffect.SignalTender(stubborn.Name, stubborn.Incarnation, TenderSignal.Kill));
                break;
            case ({ Phase: Phase.Running, OnTrial: true } good, Alarm.Regret):
                Approve(turn, good);
                break;
        }
    }

    // Somebody wants it gone, so it is not started, not replaced and not restarted.
    private static bool IsDoomed(VmmdState state, Unikernel unikernel) => state.Stopping || unikernel.Destroyers.Length > 0;

    // What runs already is ended only if somebody asked for that, or the daemon leaves nothing running.
    private static bool IsToEnd(VmmdState state, Unikernel unikernel) =>
        unikernel.Destroyers.Length > 0 || (state.Stopping && !state.LeavesRunning);

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
        turn.Do(Wake(unikernel, Alarm.Kill, turn.State.Settings.StopGrace));
    }

    // Nothing runs for it any more: whoever waits is answered, and what the host holds is given back. A daemon that stops does not
    // forget what is wanted.
    private static void Gone(Turn turn, Unikernel unikernel, string destroyed = "destroyed unikernel")
    {
        foreach (Requester destroyer in unikernel.Destroyers)
        {
            turn.Answer(destroyer, Reply.Success.Of(destroyed));
        }

        Refusal reason = unikernel.Destroyers.IsEmpty
            ? DaemonStops
            : new Refusal(RefusalCode.NotFound, "could not create unikernel: it was destroyed meanwhile");
        foreach (Requester creator in new[] { unikernel.Creator, unikernel.Replacement?.Creator }.OfType<Requester>())
        {
            turn.Refuse(creator, reason);
        }

        turn.Remove(unikernel.Name);
        Detach(turn, unikernel);
        turn.ReleaseImage(unikernel.Image);
        turn.ReleaseImage(unikernel.Replacement?.Image);
        if (!unikernel.Destroyers.IsEmpty || !turn.State.Stopping)
        {
            turn.Drop(unikernel.Name);
        }

        turn.Do(new VmmdEffect.RemoveTraces(unikernel.Name));
    }

    private static VmmdEffect.WakeAfter Wake(Unikernel unikernel, Alarm alarm, TimeSpan delay) =>
        new(unikernel.Name, unikernel.Incarnation, alarm, delay);

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
}
