using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Albatross.Daemon.Wire;
using Albatross.Linux;
using Albatross.Orchestration.Consoles;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Consoles;

/// <summary>The unprivileged role that reads the FIFOs, keeps the last lines, and sends them to subscribers.</summary>
internal sealed class ConsoleRole(DaemonOptions options, TimeProvider time, ILogger<ConsoleRole> log) : BackgroundService
{
    private readonly Channel<Happened> _inputs = Channel.CreateBounded<Happened>(
        new BoundedChannelOptions(DaemonLimits.WaitingInputs) { SingleReader = true });

    private readonly RunningTasks _readers = new();

    // Two readers of one FIFO would tear its lines apart.
    private readonly Dictionary<(Name Name, (ulong Device, ulong Inode) File), long> _beingRead = [];
    private readonly Lock _readingGate = new();
    private long _lastReader;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        using var listener = LocalSocket.Listen(options.ConsoleSocket);
        using var readiness = new Readiness();
        var server = new WireServer(listener, FrameLimits.ServiceSocket, ServeAsync, log);
        Task serving = server.RunAsync(stoppingToken);
        Log.Listening(log, "console", options.ConsoleSocket);
        try
        {
            await LoopAsync(ConsoleState.Initial(ConsoleSettings.Default), server, readiness, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Log.Ending(log, "console");
        }

        await Task.WhenAll(_readers.WhenAllAsync(), serving).ConfigureAwait(false);
        File.Delete(options.ConsoleSocket);
    }

    private async Task LoopAsync(ConsoleState state, WireServer server, Readiness readiness, CancellationToken cancellation)
    {
        await foreach (Happened happened in _inputs.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            (state, var effects) = ConsoleStep.Step(state, happened.Input);
            foreach (ConsoleEffect effect in effects)
            {
                Start(effect, server, readiness, cancellation);
            }

            happened.Sent?.SetResult(
                [.. effects.OfType<ConsoleEffect.Send>().Select(send => server.Find(send.To.Connection)).OfType<LocalConnection>()]);
        }
    }

    private ValueTask PostAsync(ConsoleInput input, CancellationToken cancellation) =>
        _inputs.Writer.WriteAsync(new Happened(input, Sent: null), cancellation);

    private void Start(ConsoleEffect effect, WireServer server, Readiness readiness, CancellationToken cancellation)
    {
        switch (effect)
        {
            case ConsoleEffect.Reply reply:
                server.Find(reply.To.Connection)?.Answer(reply.To.Header, reply.Answer, reply.After);
                break;
            case ConsoleEffect.Send send:
                Send(server.Find(send.To.Connection), send);
                break;
            case ConsoleEffect.Disconnect disconnect:
                server.Find(disconnect.Subscriber.Connection)?.Abort("newer subscribers took its place");
                break;
            case ConsoleEffect.OpenFifo open:
                long reader = ++_lastReader;   // only the loop starts effects
                _readers.Add(ReadAsync(open, reader, readiness, cancellation));
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"effect {effect.GetType().Name} is not carried out");
        }
    }

    // Data carries the subscriber's version and name, and sequence 0 (wire specification, 7.2). One write for all lines of a read.
    private static void Send(LocalConnection? connection, ConsoleEffect.Send send)
    {
        Header header = send.To.Header with { Sequence = 0 };
        var frames = new ArrayBufferWriter<byte>();
        foreach (ConsoleLine line in send.Lines)
        {
            frames.Write(WireCodec.EncodeFramed(
                new Protocol.Commands.Wire.Answer(header, new Reply.ConsoleLine(line.Instant, line.Text))));
        }

        connection?.Send(frames.WrittenMemory);
    }

    private async Task ServeAsync(LocalConnection connection, CancellationToken cancellation)
    {
        while (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is Protocol.Commands.Wire.Request request)
        {
            var from = new Requester(connection.Id, request.Header);
            await PostAsync(new ConsoleInput.CommandReceived(from, request.Command), cancellation).ConfigureAwait(false);
            if (await connection.AnsweredAsync(cancellation).ConfigureAwait(false) == Connection.Close)
            {
                return;
            }

            if (request.Command is Command.ConsoleSubscribe)
            {
                await FollowAsync(connection, from, cancellation).ConfigureAwait(false);
                return;
            }
        }
    }

    // A subscription ends when its client closes, or sends anything at all.
    private async Task FollowAsync(LocalConnection connection, Requester subscriber, CancellationToken cancellation)
    {
        try
        {
            await connection.ReceiveAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            await PostAsync(new ConsoleInput.SubscriberLeft(subscriber), cancellation).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(ConsoleEffect.OpenFifo open, long reader, Readiness readiness, CancellationToken cancellation)
    {
        await Task.Yield();
        Name name = open.From.Header.Name;
        try
        {
            if (!TryOpen(name, out Fifo? fifo, out Refusal? refusal))
            {
                await PostAsync(new ConsoleInput.FifoFailed(open.From, refusal), cancellation).ConfigureAwait(false);
                return;
            }

            using (fifo)
            {
                var file = (name, fifo.Identity);
                if (!Begins(file, reader))
                {
                    await PostAsync(new ConsoleInput.FifoKept(open.From), cancellation).ConfigureAwait(false);
                    return;
                }

                try
                {
                    await PostAsync(new ConsoleInput.FifoOpened(open.From, open.Unikernels, reader), cancellation).ConfigureAwait(false);
                    await ReadToEndAsync(fifo, file, reader, readiness, cancellation).ConfigureAwait(false);
                    await PostAsync(new ConsoleInput.FifoEnded(name, reader, time.GetUtcNow()), cancellation).ConfigureAwait(false);
                }
                finally
                {
                    Ends(file, reader);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The service ends; what is not read waits in the FIFO for the next one.
        }
        catch (Exception e)
        {
            _inputs.Writer.TryComplete(e);   // a bug: a console would be silent from now on and nobody would know
            throw;
        }
    }

    private bool TryOpen(Name name, [NotNullWhen(true)] out Fifo? fifo, [NotNullWhen(false)] out Refusal? refusal)
    {
        try
        {
            (fifo, refusal) = (Fifo.OpenForReader(Path.Combine(options.FifoDirectory, name.ToString())), null);
            return true;
        }
        catch (IOException e)
        {
            (fifo, refusal) = (null, new Refusal(RefusalCode.HostFailure, e.Message));
            return false;
        }
    }

    // The next read waits until the subscribers have taken most of this one: a unikernel that prints faster waits in its FIFO.
    private async Task ReadToEndAsync(
        Fifo fifo, (Name Name, (ulong, ulong)) file, long reader, Readiness readiness, CancellationToken cancellation)
    {
        using ReadinessWatch watch = readiness.Watch(fifo);
        while (true)
        {
            ReadOnlyMemory<byte>? bytes = TakeOrEnd(fifo, file, reader);
            if (bytes is { IsEmpty: true })
            {
                return;
            }

            if (bytes is { } printed)
            {
                var read = new ConsoleInput.BytesRead(file.Name, reader, printed, time.GetUtcNow());
                await PublishAsync(read, cancellation).ConfigureAwait(false);
            }
            else
            {
                await watch.ReadableAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PublishAsync(ConsoleInput.BytesRead read, CancellationToken cancellation)
    {
        var sent = new TaskCompletionSource<IReadOnlyList<LocalConnection>>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inputs.Writer.WriteAsync(new Happened(read, sent), cancellation).ConfigureAwait(false);
        foreach (LocalConnection subscriber in await sent.Task.WaitAsync(cancellation).ConfigureAwait(false))
        {
            await subscriber.HasRoomAsync(time, cancellation).ConfigureAwait(false);
        }
    }

    private bool Begins((Name, (ulong, ulong)) file, long reader)
    {
        lock (_readingGate)
        {
            return _beingRead.TryAdd(file, reader);
        }
    }

    private void Ends((Name, (ulong, ulong)) file, long reader)
    {
        lock (_readingGate)
        {
            if (_beingRead.TryGetValue(file, out long current) && current == reader)
            {
                _beingRead.Remove(file);
            }
        }
    }

    // vmmd opens the FIFO before it tells of it. So who finds it being read, in here, knows that its end has not been seen and will not
    // be; and when its end was seen, the next one reads it.
    private ReadOnlyMemory<byte>? TakeOrEnd(Fifo fifo, (Name, (ulong, ulong)) file, long reader)
    {
        lock (_readingGate)
        {
            ReadOnlyMemory<byte>? bytes = Take(fifo);
            if (bytes is { IsEmpty: true })
            {
                Ends(file, reader);
            }

            return bytes;
        }
    }

    // A console that is silent holds no buffer. Empty: nobody can write any more; null: nothing is there yet.
    private static ReadOnlyMemory<byte>? Take(Fifo fifo)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(DaemonLimits.ConsoleReadBytes);
        try
        {
            // Written out: in a conditional, null would become an empty array's memory, which means the end.
            int? count = fifo.Read(buffer);
            return count is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(buffer[..count.Value]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>An input, and who wants to know to whom its lines were sent.</summary>
    private sealed record Happened(ConsoleInput Input, TaskCompletionSource<IReadOnlyList<LocalConnection>>? Sent);
}
