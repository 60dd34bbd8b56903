using System.Buffers;
using System.Collections.Concurrent;
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
    private readonly Channel<ConsoleInput> _inputs = Channel.CreateBounded<ConsoleInput>(
        new BoundedChannelOptions(DaemonLimits.WaitingInputs) { SingleReader = true });

    private readonly ConcurrentDictionary<long, Task> _readers = new();
    private long _lastReader;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        using var listener = LocalSocket.Listen(options.ConsoleSocket);
        using var readiness = new Readiness();
        using var server = new WireServer(listener, FrameLimits.ServiceSocket, ServeAsync, log);
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

        await Task.WhenAll(_readers.Values.Append(serving)).ConfigureAwait(false);
        File.Delete(options.ConsoleSocket);
    }

    private async Task LoopAsync(ConsoleState state, WireServer server, Readiness readiness, CancellationToken cancellation)
    {
        await foreach (ConsoleInput input in _inputs.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            (state, var effects) = ConsoleStep.Step(state, input);
            foreach (ConsoleEffect effect in effects)
            {
                Start(effect, server, readiness, cancellation);
            }
        }
    }

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
                server.Find(disconnect.Subscriber.Connection)?.Abort();
                break;
            case ConsoleEffect.OpenFifo open:
                long reader = ++_lastReader;   // only the loop starts effects
                _readers[reader] = ReadAsync(open, reader, readiness, cancellation);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"effect {effect.GetType().Name} is not carried out");
        }
    }

    // Data carries the subscriber's version and name, and sequence 0 (wire specification, 7.2).
    private static void Send(LocalConnection? connection, ConsoleEffect.Send send)
    {
        Header header = send.To.Header with { Sequence = 0 };
        foreach (ConsoleLine line in send.Lines)
        {
            connection?.Send(WireCodec.EncodeFramed(
                new Protocol.Commands.Wire.Answer(header, new Reply.ConsoleLine(line.Instant, line.Text))));
        }
    }

    private async Task ServeAsync(LocalConnection connection, CancellationToken cancellation)
    {
        while (await connection.ReceiveAsync(cancellation).ConfigureAwait(false) is Protocol.Commands.Wire.Request request)
        {
            var from = new Requester(connection.Id, request.Header);
            await _inputs.Writer.WriteAsync(new ConsoleInput.CommandReceived(from, request.Command), cancellation).ConfigureAwait(false);
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
            await _inputs.Writer.WriteAsync(new ConsoleInput.SubscriberLeft(subscriber), cancellation).ConfigureAwait(false);
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
                await _inputs.Writer.WriteAsync(new ConsoleInput.FifoFailed(open.From, refusal), cancellation).ConfigureAwait(false);
                return;
            }

            using (fifo)
            {
                await _inputs.Writer.WriteAsync(new ConsoleInput.FifoOpened(open.From, open.Unikernels, reader), cancellation).ConfigureAwait(false);
                await ReadToEndAsync(fifo, name, reader, readiness, cancellation).ConfigureAwait(false);
                await _inputs.Writer.WriteAsync(new ConsoleInput.FifoEnded(name, reader, time.GetUtcNow()), cancellation).ConfigureAwait(false);
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
        finally
        {
            _readers.TryRemove(reader, out _);
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

    // The next read waits until the loop has room for this one: a unikernel that prints faster than we can take waits in its FIFO.
    private async Task ReadToEndAsync(Fifo fifo, Name name, long reader, Readiness readiness, CancellationToken cancellation)
    {
        using ReadinessWatch watch = readiness.Watch(fifo);
        while (true)
        {
            ReadOnlyMemory<byte>? bytes = Take(fifo);
            if (bytes is { IsEmpty: true })
            {
                return;
            }

            if (bytes is { } printed)
            {
                await _inputs.Writer.WriteAsync(
                    new ConsoleInput.BytesRead(name, reader, printed, time.GetUtcNow()), cancellation).ConfigureAwait(false);
            }
            else
            {
                await watch.ReadableAsync(cancellation).ConfigureAwait(false);
            }
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
}
