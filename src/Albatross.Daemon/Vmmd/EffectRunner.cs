using System.Collections.Concurrent;
using System.Threading.Channels;
using Albatross.Daemon.State;
using Albatross.Daemon.Wire;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Carries out vmmd's effects and brings back their outcome as inputs. What the host refuses becomes an input here and nowhere
/// else; the decision what follows is the step's.
/// </summary>
internal sealed class EffectRunner(
    DaemonOptions options,
    ChannelWriter<VmmdInput> inputs,
    Func<long, LocalConnection?> find,
    ImageStore images,
    StateStore state,
    TenderLauncher tenders,
    HostDevices devices,
    BlockService blocks,
    ConsoleLink console,
    StatisticsLink statistics,
    TimeProvider time,
    ILogger log) : IDisposable
{
    private readonly RunningTasks _running = new();
    private readonly ConcurrentDictionary<Name, Fifo> _fifos = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>Starts <paramref name="effect"/>; never waits for the host.</summary>
    public void Start(VmmdEffect effect)
    {
        switch (effect)
        {
            case VmmdEffect.Reply reply:
                Answer(reply);
                break;
            case VmmdEffect.PrepareImage prepare:
                Track(PrepareImageAsync(prepare));
                break;
            case VmmdEffect.CheckImage check:
                images.Retain(check.Image);
                Track(Task.Run(() => CheckImageAsync(check)));
                break;
            case VmmdEffect.RetainImage retain:
                images.Retain(retain.Image);
                break;
            case VmmdEffect.ReleaseImage release:
                Track(Task.Run(() => ReleaseImage(release.Image)));
                break;
            case VmmdEffect.SendImage send:
                SendImage(send);
                break;
            case VmmdEffect.Store store:
                Track(StoreAsync(store));
                break;
            case VmmdEffect.AttachDevices attach:
                Track(Task.Run(() => AttachDevicesAsync(attach)));
                break;
            case VmmdEffect.DetachDevices detach:
                Track(Task.Run(() => devices.Detach(detach.Name, detach.Incarnation)));
                break;
            case VmmdEffect.MakeBlock or VmmdEffect.FillBlock or VmmdEffect.SendBlock or VmmdEffect.RemoveBlock:
                Track(Task.Run(() => CarryBlockAsync(effect)));
                break;
            case VmmdEffect.GiveBlockUp give:
                blocks.GiveUp(give.Name);
                break;
            case VmmdEffect.OpenConsole open:
                Track(OpenConsoleAsync(open));
                break;
            case VmmdEffect.ReopenConsole reopen:
                Track(ReopenConsoleAsync(reopen));
                break;
            case VmmdEffect.StartTender start:
                Track(StartTenderAsync(start));
                break;
            case VmmdEffect.SignalTender signal:
                tenders.Signal(signal.Name, signal.Incarnation, signal.Signal);
                break;
            case VmmdEffect.RemoveTraces remove:
                RemoveTraces(remove.Name);
                break;
            case VmmdEffect.TellStatistics tell:
                statistics.Tell(tell.Name, tell.Command);
                break;
            case VmmdEffect.WakeAfter wake:
                Track(WakeAsync(wake));
                break;
            case VmmdEffect.Report report:
                Log.Reported(log, report.Name, report.Text);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"effect {effect.GetType().Name} is not carried out");
        }
    }

    /// <summary>Takes over what an earlier daemon left; before anything is started, and after the step has been told.</summary>
    public void Adopt(LeftTender left) => Track(TellOfEndAsync(left.Found.Name, left.Found.Incarnation, tenders.Adopt(left)));

    /// <summary>Waits for what is still under way; timers are given up.</summary>
    public async Task EndAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _running.WhenAllAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _ending.Dispose();

    private void Answer(VmmdEffect.Reply reply)
    {
        if (reply.Answer is Reply.Failure failure)
        {
            Log.Answered(log, reply.To.Header.Name, "refused:", failure.Text.ToString());
        }

        find(reply.To.Connection)?.Answer(reply.To.Header, reply.Answer, reply.After);
    }

    private async Task PrepareImageAsync(VmmdEffect.PrepareImage effect)
    {
        ImageId? image = null;
        Refusal? refusal;
        try
        {
            (image, refusal) = await images.PrepareAsync(effect.Config, _ending.Token).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            refusal = new Refusal(RefusalCode.HostFailure, e.Message);
        }

        await TellOfImageAsync(effect.Name, effect.Incarnation, image, refusal).ConfigureAwait(false);
    }

    // Built and compared like a start, so beside the loop; the reference was taken before, in the loop's order.
    private async Task CheckImageAsync(VmmdEffect.CheckImage effect)
    {
        Refusal? refusal = images.Check(effect.Image, effect.Settings);
        if (refusal is not null)
        {
            ReleaseImage(effect.Image);
        }

        await TellOfImageAsync(effect.Name, effect.Incarnation, refusal is null ? effect.Image : null, refusal).ConfigureAwait(false);
    }

    private ValueTask TellOfImageAsync(Name name, long incarnation, ImageId? image, Refusal? refusal) => inputs.WriteAsync(image is not null
        ? new VmmdInput.ImagePrepared(name, incarnation, image)
        : new VmmdInput.ImageRefused(name, incarnation, refusal!));

    private async Task AttachDevicesAsync(VmmdEffect.AttachDevices effect)
    {
        VmmdInput outcome;
        try
        {
            outcome = new VmmdInput.DevicesAttached(
                effect.Name, effect.Incarnation, devices.Attach(effect.Name, effect.Incarnation, effect.Devices));
        }
        catch (IOException e)
        {
            outcome = new VmmdInput.DevicesFailed(effect.Name, effect.Incarnation, new Refusal(RefusalCode.HostFailure, e.Message));
        }

        await inputs.WriteAsync(outcome).ConfigureAwait(false);
    }

    private async Task CarryBlockAsync(VmmdEffect effect) =>
        await inputs.WriteAsync(await blocks.CarryAsync(effect, _ending.Token).ConfigureAwait(false)).ConfigureAwait(false);

    private void ReleaseImage(ImageId image)
    {
        try
        {
            images.Release(image);
        }
        catch (IOException e)
        {
            Log.EffectFailed(log, Name.Root, "removing an image", e);
        }
    }

    // Opened at once, so that the file stays readable whatever happens to the unikernel; packed beside the loop.
    private void SendImage(VmmdEffect.SendImage effect)
    {
        try
        {
            StoredFile file = images.OpenCopy(effect.Image);
            Track(Task.Run(() =>
            {
                using (file)
                {
                    var image = new Reply.Image(Compressed: effect.Level > 0, ImageStore.Pack(file, effect.Level));
                    Answer(new VmmdEffect.Reply(effect.To, image, Connection.Close));
                }
            }));
        }
        catch (IOException e)
        {
            Answer(new VmmdEffect.Reply(effect.To, Reply.Failure.Of(e.Message), Connection.Close));
        }
    }

    private async Task StoreAsync(VmmdEffect.Store effect)
    {
        VmmdInput outcome = new VmmdInput.Stored(effect.Version);
        try
        {
            await Task.Delay(effect.Delay, time, _ending.Token).ConfigureAwait(false);
            await Task.Run(() => state.Save(effect.State)).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            outcome = new VmmdInput.StoreFailed(effect.Version, new Refusal(RefusalCode.HostFailure, e.Message));
        }

        await inputs.WriteAsync(outcome).ConfigureAwait(false);
    }

    private async Task OpenConsoleAsync(VmmdEffect.OpenConsole effect)
    {
        Refusal? refusal;
        try
        {
            string path = PathOf(effect.Name);
            Fifo.Create(path);

            // Held until the tender has it, so that the console service never sees a FIFO without a writer.
            Hold(effect.Name, Fifo.OpenForWriter(path));
            refusal = await console.AddAsync(effect.Name, effect.Unikernels, _ending.Token).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            refusal = new Refusal(RefusalCode.HostFailure, e.Message);
        }

        await inputs.WriteAsync(refusal is null
            ? new VmmdInput.ConsoleOpened(effect.Name, effect.Incarnation)
            : new VmmdInput.ConsoleFailed(effect.Name, effect.Incarnation, refusal)).ConfigureAwait(false);
    }

    private async Task ReopenConsoleAsync(VmmdEffect.ReopenConsole effect)
    {
        if (await console.AddAsync(effect.Name, effect.Unikernels, _ending.Token).ConfigureAwait(false) is { } refusal)
        {
            Log.Reported(log, effect.Name, refusal.Text);
        }
    }

    private async Task StartTenderAsync(VmmdEffect.StartTender effect)
    {
        int processId;
        DateTimeOffset since;
        Task<ExitStatus> exit;
        try
        {
            if (!_fifos.TryRemove(effect.Name, out Fifo? fifo))
            {
                throw new InvalidOperationException($"{effect.Name} has no console to write to");
            }

            using (fifo)
            {
                (processId, since, exit) = await tenders.StartAsync(effect, fifo).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            await inputs.WriteAsync(new VmmdInput.TenderFailed(
                effect.Name, effect.Incarnation, new Refusal(RefusalCode.HostFailure, e.Message))).ConfigureAwait(false);
            return;
        }

        await inputs.WriteAsync(
            new VmmdInput.TenderStarted(effect.Name, effect.Incarnation, processId, since)).ConfigureAwait(false);
        await TellOfEndAsync(effect.Name, effect.Incarnation, exit).ConfigureAwait(false);
    }

    // A daemon that leaves its tenders to the next one does not wait for their ends.
    private async Task TellOfEndAsync(Name name, long incarnation, Task<ExitStatus> exit)
    {
        ExitStatus status = await exit.WaitAsync(_ending.Token).ConfigureAwait(false);
        await inputs.WriteAsync(new VmmdInput.TenderExited(name, incarnation, status, time.GetUtcNow())).ConfigureAwait(false);
    }

    private void RemoveTraces(Name name)
    {
        Hold(name, null);
        try
        {
            Fifo.Remove(PathOf(name));
        }
        catch (IOException e)
        {
            Log.EffectFailed(log, name, "removing the FIFO", e);
        }
    }

    private async Task WakeAsync(VmmdEffect.WakeAfter effect)
    {
        await Task.Delay(effect.Delay, time, _ending.Token).ConfigureAwait(false);
        await inputs.WriteAsync(new VmmdInput.TimerFired(effect.Name, effect.Incarnation, effect.For), _ending.Token).ConfigureAwait(false);
    }

    private void Hold(Name name, Fifo? fifo)
    {
        if (_fifos.TryRemove(name, out Fifo? earlier))
        {
            earlier.Dispose();
        }

        if (fifo is not null)
        {
            _fifos[name] = fifo;
        }
    }

    private string PathOf(Name name) => Path.Combine(options.FifoDirectory, name.ToString());

    private void Track(Task task) => _running.Add(ObserveAsync(task));

    private async Task ObserveAsync(Task task)
    {
        await Task.Yield();
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The daemon ends; nobody waits for this outcome any more.
        }
        catch (Exception e)
        {
            inputs.TryComplete(e);   // a bug: an outcome is missing, so the state can no longer be trusted
            throw;
        }
    }
}
