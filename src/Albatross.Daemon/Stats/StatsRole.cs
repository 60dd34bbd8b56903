using Albatross.Daemon.Wire;
using Albatross.Orchestration.Sampling;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Stats;

/// <summary>
/// The unprivileged role that knows from vmmd which tenders run, and shows their numbers on the metrics page.
/// Its socket takes no subscriptions yet and says so.
/// </summary>
internal sealed class StatsRole(
    DaemonOptions options, UnikernelMetrics metrics, TimeProvider time, ILogger<StatsRole> log) : BackgroundService
{
    // Two statistics services at one vmmd take its connection from each other: not in a tight loop.
    private static readonly TimeSpan BeforeConnectingAgain = TimeSpan.FromSeconds(1);

    private WatchedTenders _watched = WatchedTenders.None;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        metrics.Watch(() => Volatile.Read(ref _watched));
        using var listener = LocalSocket.Listen(options.StatisticsSocket);
        var server = new WireServer(listener, FrameLimits.ServiceSocket, RefuseAsync, log);
        Log.Listening(log, "statistics", options.StatisticsSocket);
        await Task.WhenAll(server.RunAsync(stoppingToken), FollowVmmdAsync(stoppingToken)).ConfigureAwait(false);
        File.Delete(options.StatisticsSocket);
    }

    private async Task FollowVmmdAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var stream = await LocalSocket.WaitForAsync(options.VmmdSocket, time, cancellation).ConfigureAwait(false);
                var connection = new LocalConnection(0, stream, FrameLimits.ServiceSocket, log);
                await using (connection.ConfigureAwait(false))
                {
                    await ListenAsync(connection, cancellation).ConfigureAwait(false);
                }

                _watched = _watched.AllEnded(time.GetUtcNow());
                await Task.Delay(BeforeConnectingAgain, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Log.Ending(log, "statistics");
        }
    }

    // We ask once; then roles are swapped, vmmd asks and we answer (wire specification, 7.1).
    private async Task ListenAsync(LocalConnection connection, CancellationToken cancellation)
    {
        try
        {
            connection.Send(Protocol.Der.WireCodec.EncodeFramed(
                new Protocol.Commands.Wire.Request(new Header(0, Name.Root), new Command.StatisticsInitial())));
            while (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is { } wire)
            {
                if (wire is Protocol.Commands.Wire.Request request)
                {
                    connection.Answer(request.Header, Note(request.Header.Name, request.Command), Connection.KeepOpen);
                }
            }

            Log.ServiceLost(log, "vmmd", "it closed the connection");
        }
        catch (IOException e)
        {
            Log.ServiceLost(log, "vmmd", e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Log.ServiceLost(log, "vmmd", "the connection broke");
        }
    }

    private Reply Note(Name name, Command command)
    {
        switch (command)
        {
            case Command.StatisticsAdd { ProcessId: > 0 and <= int.MaxValue } add:
                _watched = _watched.Started(name, (int)add.ProcessId, time.GetUtcNow());
                return Reply.Success.Of("added");
            case Command.StatisticsRemove:
                _watched = _watched.Ended(name, time.GetUtcNow());
                return Reply.Success.Of("removed");
            default:
                return Reply.Failure.Of("unexpected command");
        }
    }

    private static async Task RefuseAsync(LocalConnection connection, CancellationToken cancellation)
    {
        if (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is Protocol.Commands.Wire.Request request)
        {
            connection.Answer(
                request.Header, Reply.Failure.Of($"{request.Command.Words} is not supported by this version of the daemon"),
                    Connection.Close);
        }
    }
}
