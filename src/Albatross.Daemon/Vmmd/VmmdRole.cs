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
/// Stopping it stops every unikernel; the next one starts them again.
/// </summary>
internal sealed class VmmdRole(DaemonOptions options, TimeProvider time, ILogger<VmmdRole> log) : BackgroundService
{
    private static readonly TimeSpan LeftOverDeadline = TimeSpan.FromSeconds(10);

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

        var records = new TenderRecords(options.TenderDirectory);
        using var readiness = new Readiness();
        await EndLeftOversAsync(records, readiness, stoppingToken).ConfigureAwait(false);

        var blocks = new BlockDirectory(options, log);
        blocks.RemoveUnfinished();
        var devices = new HostDevices(options, blocks, log);
        devices.RemoveLeftOvers();

        using var hostTenders = new HostTenders(options);
        hostTenders.Report(log);
        var store = new StateStore(DurableDirectory.Open(options.DataDirectory));
        DesiredState? stored = store.Load();
        using var images = new ImageStore(hostTenders, DurableDirectory.Open(options.ImageDirectory));
        images.Restore(stored?.Unikernels.Values.Select(unikernel => unikernel.Image) ?? []);
        if (stored is not null)
        {
            OriginalState.ReportNewer(options.DataDirectory, log);
        }

        DesiredState wanted = stored ?? OriginalState.Import(options.DataDirectory, images, store, log) ?? DesiredState.Empty;
        Log.Restoring(log, wanted.Unikernels.Count, wanted.Policies.Count);
        _inputs.Writer.TryWrite(new VmmdInput.Restored(wanted));
        using var tenders = new TenderLauncher(hostTenders, devices, images, records, readiness);
        using var serving = new CancellationTokenSource();
        var statistics = new StatisticsLink(log);
        var console = new ConsoleLink(
            options.ConsoleSocket, () => _inputs.Writer.WriteAsync(new VmmdInput.ConsoleRestarted()).AsTask(), time, log);
        using var server = new WireServer(
            listener,
            FrameLimits.LocalSocket,
            (connection, cancellation) => ServeAsync(connection, host, statistics, cancellation),
            log);
        var blockService = new BlockService(blocks, server.Find, time);
        using var effects = new EffectRunner(
            options, _inputs.Writer, server.Find, images, store, tenders, devices, blockService, console, statistics, time, log);
        var loop = new VmmdLoop(_inputs.Reader, effects.Start, log);

        Task[] services = [server.RunAsync(serving.Token), IgnoreCancellation(console.RunAsync(serving.Token))];
        Log.Listening(log, "vmmd", options.VmmdSocket);
        await using (stoppingToken.Register(() => _inputs.Writer.WriteAsync(new VmmdInput.ShutdownRequested()).AsTask())
                .ConfigureAwait(false))
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

    // A daemon that was killed leaves its tenders running. They are ended before anything is started, so that none runs twice.
    private async Task EndLeftOversAsync(TenderRecords records, Readiness readiness, CancellationToken cancellation)
    {
        foreach ((string name, ProcessDescriptor process) in records.TakeLeftOvers())
        {
            using (process)
            {
                Log.LeftOver(log, name, process.ProcessId);
                process.Signal((int)TenderSignal.Kill);
                using ReadinessWatch watch = readiness.Watch(process);
                await watch.ReadableAsync(cancellation).WaitAsync(LeftOverDeadline, time, cancellation).ConfigureAwait(false);
            }
        }

        foreach (string fifo in Directory.EnumerateFiles(options.FifoDirectory))
        {
            Fifo.Remove(fifo);
        }
    }

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
