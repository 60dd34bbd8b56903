using System.Threading.Channels;
using Albatross.Daemon.Wire;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// vmmd's one connection to the console service: tells it which FIFOs to read. When the service was started anew it is connected
/// again and <paramref name="restarted"/> is called, so that it learns what runs.
/// </summary>
internal sealed class ConsoleLink(string socket, Func<Task> restarted, TimeProvider time, ILogger log)
{
    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(DaemonLimits.WaitingInputs);
    private long _sequence;

    /// <summary>Tells the service to read the FIFO of <paramref name="name"/>; null when it does, else why not.</summary>
    public async Task<Refusal?> AddAsync(Name name, long unikernels, CancellationToken cancellation)
    {
        var request = new Request(name, unikernels, new TaskCompletionSource<Refusal?>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _requests.Writer.WriteAsync(request, cancellation).ConfigureAwait(false);
            return await request.Outcome.Task.WaitAsync(DaemonLimits.ServiceDeadline, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new Refusal(RefusalCode.ServiceUnreachable, "the console service does not answer");
        }
    }

    /// <summary>Keeps the connection until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (bool first = true; ; first = false)
        {
            var frames = new FrameChannel(
                await LocalSocket.WaitForAsync(socket, time, cancellation).ConfigureAwait(false), FrameLimits.ServiceSocket);
            await using (frames.ConfigureAwait(false))
            {
                Log.ServiceAttached(log, "console");
                Task informing = first ? Task.CompletedTask : restarted();
                try
                {
                    await ServeAsync(frames, cancellation).ConfigureAwait(false);
                    Log.ServiceLost(log, "console", "it closed the connection");
                }
                catch (IOException e)
                {
                    Log.ServiceLost(log, "console", e.Message);
                }

                await informing.ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(FrameChannel frames, CancellationToken cancellation)
    {
        Task<ReceivedFrame> answer = frames.ReadAsync(cancellation);
        while (true)
        {
            Task<bool> more = _requests.Reader.WaitToReadAsync(cancellation).AsTask();
            await Task.WhenAny(answer, more).ConfigureAwait(false);
            if (answer.IsCompleted)
            {
                await answer.ConfigureAwait(false);
                return;   // nothing was asked, so this is the end of the connection
            }

            if (!_requests.Reader.TryRead(out Request? request))
            {
                cancellation.ThrowIfCancellationRequested();
                continue;
            }

            Refusal? outcome = new(RefusalCode.ServiceUnreachable, "the console service has ended");
            try
            {
                var header = new Header(++_sequence, request.Name);
                await frames.WriteAsync(
                    WireCodec.EncodeFramed(new Protocol.Commands.Wire.Request(header, new Command.ConsoleAdd(request.Unikernels))),
                    cancellation).ConfigureAwait(false);
                ReceivedFrame received = await answer.ConfigureAwait(false);
                if (received.Kind != FrameKind.Frame)
                {
                    return;
                }

                outcome = Judge(received.Body, header);
            }
            finally
            {
                request.Outcome.TrySetResult(outcome);
            }

            answer = frames.ReadAsync(cancellation);
        }
    }

    private static Refusal? Judge(ReadOnlyMemory<byte> body, Header asked)
    {
        if (!WireCodec.TryDecode(body, out Protocol.Commands.Wire? wire, out Refusal? refusal))
        {
            return refusal;
        }

        return wire switch
        {
            Protocol.Commands.Wire.Answer { Reply: Reply.Empty } answer when answer.Header.Sequence == asked.Sequence => null,
            Protocol.Commands.Wire.Answer { Reply: Reply.Failure failure } =>
                new Refusal(RefusalCode.HostFailure, $"console failed: {failure.Text}"),
            _ => new Refusal(RefusalCode.ServiceUnreachable, "the console service answered something else than was asked"),
        };
    }

    private sealed record Request(Name Name, long Unikernels, TaskCompletionSource<Refusal?> Outcome);
}
