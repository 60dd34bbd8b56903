using System.Threading.Channels;
using Albatross.Daemon.Wire;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// The connection on which vmmd tells the statistics service what runs (roles are swapped on it: we ask, it answers).
/// A newer one takes the place of an older one. Without one, what is told is forgotten: a new one is told everything.
/// </summary>
internal sealed class StatisticsLink(ILogger log)
{
    private Channel<(Name Name, Command Command)>? _toTell;

    /// <summary>Queues <paramref name="command"/> for the service, if it is connected.</summary>
    public void Tell(Name name, Command command) => Volatile.Read(ref _toTell)?.Writer.TryWrite((name, command));

    /// <summary>Serves <paramref name="connection"/> until it ends or another one takes its place.</summary>
    /// <param name="connection">The connection that asked for it.</param>
    /// <param name="attached">Called when what is told goes to this connection.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(LocalConnection connection, Func<Task> attached, CancellationToken cancellation)
    {
        // One entry per start and end of a unikernel; a service that is so far behind is given up and told everything anew.
        var mine = Channel.CreateBounded<(Name, Command)>(DaemonLimits.WaitingInputs);
        Interlocked.Exchange(ref _toTell, mine)?.Writer.TryComplete();
        Log.ServiceAttached(log, "statistics");
        await attached().ConfigureAwait(false);
        long sequence = 0;
        await foreach ((Name name, Command command) in mine.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            connection.Send(WireCodec.EncodeFramed(new Protocol.Commands.Wire.Request(new Header(++sequence, name), command)));
            if (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is not Protocol.Commands.Wire.Answer)
            {
                break;
            }
        }

        Log.ServiceLost(log, "statistics", "it was replaced or closed the connection");
    }
}
