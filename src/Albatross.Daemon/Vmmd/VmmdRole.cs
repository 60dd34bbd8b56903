using System.Collections.Immutable;
using System.Threading.Channels;
using Albatross.Daemon.State;
using Albatross.Daemon.Wire;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// The privileged role: takes commands on its local socket, decides by <see cref="VmmdStep"/>, and runs the tenders.
/// Unikernels outlive it, however it ends, unless it was told to stop them; the next one takes them over.
/// </summary>
internal sealed class VmmdRole(DaemonOptions options, TimeProvider time, ILogger<VmmdRole> log) : BackgroundService
{
    private readonly Channel<VmmdInput> _inputs = Channel.CreateBounded<VmmdInput>(
        new BoundedChannelOptions(DaemonLimits.WaitingInputs) { SingleReader = true });

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        options.MakeDataDirectories();
        using var listener = LocalSocket.Listen(options.VmmdSocket);
        var host = new OfferedResources(options.BlockDirectory);
        Log.HostOffers(log, host.Last.ToString());

        var records = new TenderRecords(DurableDirectory.Open(options.TenderDirectory));
        using var readiness = new Readiness();
        using var left = new LeftTenders(options, records, time, log);
        ImmutableArray<LeftTender> found = await left.FindAsync(stoppingToken).ConfigureAwait(false);
        var blocks = new BlockDirectory(options, log);
        blocks.RemoveUnfinished();
        var devices = new HostDevices(options, blocks, log);

        using var hostTenders = new HostTenders(options);
        hostTenders.Report(log);
        var store = new StateStore(DurableDirectory.Open(options.DataDirectory));
        DesiredState? stored = store.Load();
        using var images = new ImageStore(hostTenders, DurableDirectory.Open(options.ImageDirectory));
        if (stored is not null)
        {
            OriginalState.ReportNewer(options.DataDirectory, log);
        }

        DesiredState wanted = stored ?? OriginalState.Import(options.DataDirectory, images, store, log) ?? DesiredState.Empty;
        Log.Restoring(log, wanted.Unikernels.Count, wanted.Policies.Count);

        // An import has taken its references already.
        int freedImages = images.Restore(
            [.. stored?.Unikernels.Values.Select(one => one.Image) ?? [], .. found.Select(one => one.Found.Origin.Of.Image)]);
        TakeOver(left, found, wanted, devices, freedImages);
        _inputs.Writer.TryWrite(new VmmdInput.Restored(wanted, [.. found.Select(one => one.Found)]));
        using var tenders = new TenderLauncher(hostTenders, devices, images, records, readiness, time);
        using var serving = new CancellationTokenSource();
        var statistics = new StatisticsLink(log);
        var console = new ConsoleLink(
            options.ConsoleSocket, () => _inputs.Writer.WriteAsync(new VmmdInput.ConsoleRestarted()).AsTask(), time, log);
        var server = new WireServer(
            listener,
            FrameLimits.LocalSocket,
            (connection, cancellation) => ServeAsync(connection, host, statistics, cancellation),
            log);
        var blockService = new BlockService(blocks, server.Find, time);
        using var effects = new EffectRunner(
            options, _inputs.Writer, server.Find, images, store, tenders, devices, blockService, console, statistics, time, log);
        foreach (LeftTender one in found)
        {
            effects.Adopt(one);
        }

        var loop = new VmmdLoop(_inputs.Reader, effects.Start, log);

        Task[] services = [server.RunAsync(serving.Token), IgnoreCancellation(console.RunAsync(serving.Token))];
        Array.ForEach(services, EndWhenItFails);
        Log.Listening(log, "vmmd", options.VmmdSocket);
        var stop = new VmmdInput.ShutdownRequested(options.StopUnikernels);
        await using (stoppingToken.Register(() => _inputs.Writer.WriteAsync(stop).AsTask()).ConfigureAwait(false))
        {
            await loop.RunAsync(VmmdState.Initial(VmmdSettings.Default, host.Last, blocks.Scan())).ConfigureAwait(false);
        }

        Log.Ending(log, "vmmd");
        await effects.EndAsync().ConfigureAwait(false);
        await serving.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(services).ConfigureAwait(false);
        File.Delete(options.VmmdSocket);
    }

    private async Task ServeAsync(
        LocalConnection connection, OfferedResources host, StatisticsLink statistics, CancellationToken cancellation)
    {
        while (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is { } wire)
        {
            if (wire is not Protocol.Commands.Wire.Request request)
            {
                connection.Answer(wire.Header, Reply.Failure.Of("unknown command"), Connection.Close);   // an answer that nobody asked for
                return;
            }

            if (host.ChangeBefore(request.Command) is { } change)
            {
                await _inputs.Writer.WriteAsync(change, cancellation).ConfigureAwait(false);
            }

            var from = new Requester(connection.Id, request.Header);
            await _inputs.Writer.WriteAsync(new VmmdInput.CommandReceived(from, request.Command), cancellation).ConfigureAwait(false);
            Connection after = await connection.AnsweredAsync(cancellation).ConfigureAwait(false);
            if (request.Command is Command.BlockSet)
            {
                await connection.SkipContentAsync(cancellation).ConfigureAwait(false);
            }

            if (after == Connection.Close)
            {
                return;
            }

            if (request.Command is Command.StatisticsInitial)
            {
                await statistics.RunAsync(
                    connection,
                    () => _inputs.Writer.WriteAsync(new VmmdInput.StatisticsAttached(), cancellation).AsTask(),
                    cancellation).ConfigureAwait(false);
                return;
            }
        }
    }

    // Everything that is in use gets its owner; what is left then belongs to nobody.
    private void TakeOver(LeftTenders left, ImmutableArray<LeftTender> found, DesiredState wanted, HostDevices devices, int freedImages)
    {
        int outdated = 0;
        foreach (FoundTender one in found.Select(one => one.Found))
        {
            devices.Adopt(one);
            if (one.IsWantedBy(wanted))
            {
                Log.Adopted(log, one.Name, one.ProcessId);
            }
            else
            {
                outdated++;
                Log.LeftOver(log, one.Name, one.ProcessId);
            }
        }

        int taps = devices.RemoveLeftOvers();
        int fifos = left.RemoveFifos(found);
        Log.Found(log, found.Length - outdated, outdated, left.Ended, taps, fifos, freedImages);
    }

    // By a bug; without it vmmd would live on and answer nobody.
    private void EndWhenItFails(Task service) => service.ContinueWith(
        failed => _inputs.Writer.TryComplete(failed.Exception!.InnerException),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    private static async Task IgnoreCancellation(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // This is how it ends.
        }
    }
}
