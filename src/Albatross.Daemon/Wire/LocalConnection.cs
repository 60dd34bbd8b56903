using System.Threading.Channels;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Wire;

/// <summary>
/// One connection to a role's socket: frames in, answers out. Answers wait in a bounded queue; a peer that does not take them is
/// disconnected, because nothing behind this connection may wait for it.
/// </summary>
internal sealed class LocalConnection : IAsyncDisposable
{
    private readonly FrameChannel _frames;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _breaking = new();
    private readonly Channel<Connection> _answered = Channel.CreateUnbounded<Connection>();
    private readonly Channel<ReadOnlyMemory<byte>> _outgoing = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(DaemonLimits.WaitingWrites) { SingleReader = true });

    private readonly Lock _gate = new();
    private readonly Task _writing;
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isEnded;

    public LocalConnection(long id, Stream stream, FrameLimit limit, ILogger log)
    {
        (Id, _log) = (id, log);
        Broken = _breaking.Token;
        _frames = new FrameChannel(stream, limit);
        _writing = WriteAllAsync();
    }

    /// <summary>This connection's number; never used again.</summary>
    public long Id { get; }

    /// <summary>Cancelled when the connection is not to be used any more.</summary>
    public CancellationToken Broken { get; }

    /// <summary>The next value; null when the peer has closed, or sent what cannot be read (which is logged, as by the original).</summary>
    public async Task<Protocol.Commands.Wire?> ReceiveAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Broken);
        ReceivedFrame received = await _frames.ReadAsync(either.Token).ConfigureAwait(false);
        if (received.Kind != FrameKind.Frame)
        {
            if (received.Refusal is { } tooLarge)
            {
                Log.ConnectionRefused(_log, Id, tooLarge.Text);
            }

            return null;
        }

        if (!WireCodec.TryDecode(received.Body, out Protocol.Commands.Wire? wire, out Refusal? refusal))
        {
            Log.ConnectionRefused(_log, Id, refusal.Text);
        }

        return wire;
    }

    /// <summary>Whether the content that follows the command was read to its end marker.</summary>
    public bool IsContentRead { get; private set; }

    /// <summary>The next chunk of the content that follows a command; null at its end marker.</summary>
    /// <exception cref="IOException">The peer is gone, or sent a chunk that is too large.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReceiveChunkAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Broken);
        ReceivedFrame received = await _frames.ReadAsync(either.Token).ConfigureAwait(false);
        switch (received.Kind)
        {
            case FrameKind.Frame:
                return received.Body;
            case FrameKind.EndMarker:
                IsContentRead = true;
                return null;
            default:
                throw new IOException($"error while reading stream: {received.Refusal?.Text ?? "its sender is gone"}");
        }
    }

    /// <summary>
    /// Reads past content that nobody wants, so that the peer comes to read why: closing at once would break its writing. Gives up after
    /// <see cref="DaemonLimits.RefusedContentDeadline"/>.
    /// </summary>
    public async Task SkipContentAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        either.CancelAfter(DaemonLimits.RefusedContentDeadline);
        while (!IsContentRead)
        {
            await ReceiveChunkAsync(either.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a command; says to whoever waits in <see cref="AnsweredAsync"/> what becomes of the connection.</summary>
    public void Answer(Header header, Reply reply, Connection after)
    {
        Send(WireCodec.EncodeFramed(new Protocol.Commands.Wire.Answer(header, reply)));
        _answered.Writer.TryWrite(after);
    }

    /// <summary>Queues bytes that are whole frames; they are sent by one write.</summary>
    public void Send(ReadOnlyMemory<byte> framed)
    {
        if (!_outgoing.Writer.TryWrite(framed) && !Broken.IsCancellationRequested)
        {
            Abort($"it left {DaemonLimits.WaitingWrites} answers waiting");
        }
    }

    /// <summary>
    /// Waits until little is queued, so that a source slows down to the pace of its readers. A peer that takes nothing for
    /// <see cref="DaemonLimits.StallDeadline"/> is disconnected: it must not hold up a unikernel.
    /// </summary>
    public async Task HasRoomAsync(TimeProvider time, CancellationToken cancellation)
    {
        while (_outgoing.Reader.Count > DaemonLimits.WaitingWritesForRoom && !Broken.IsCancellationRequested)
        {
            Task written = Volatile.Read(ref _written).Task;
            if (_outgoing.Reader.Count <= DaemonLimits.WaitingWritesForRoom)
            {
                return;
            }

            try
            {
                await written.WaitAsync(DaemonLimits.StallDeadline, time, cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                Abort($"it took nothing for {DaemonLimits.StallDeadline.TotalSeconds} s");
            }
        }
    }

    /// <summary>Waits for the answer to the command that was received last.</summary>
    public async Task<Connection> AnsweredAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, Broken);
        return await _answered.Reader.ReadAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>Gives the connection up at once; what is queued is lost.</summary>
    public void Abort(string reason)
    {
        lock (_gate)
        {
            if (!_isEnded && !Broken.IsCancellationRequested)
            {
                Log.ConnectionRefused(_log, Id, reason);
                _breaking.Cancel();
            }
        }
    }

    /// <summary>Sends what is queued, unless the peer does not take it in time, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        _breaking.CancelAfter(DaemonLimits.DrainDeadline);
        await _writing.ConfigureAwait(false);
        await _frames.DisposeAsync().ConfigureAwait(false);
        lock (_gate)
        {
            _isEnded = true;   // whoever still knows this connection may call Abort
            _breaking.Dispose();
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            await foreach (ReadOnlyMemory<byte> framed in _outgoing.Reader.ReadAllAsync(Broken).ConfigureAwait(false))
            {
                await _frames.WriteAsync(framed, Broken).ConfigureAwait(false);
                Interlocked.Exchange(
                    ref _written, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The peer is gone: whoever reads or waits for room notices by this.
            await _breaking.CancelAsync().ConfigureAwait(false);
            Volatile.Read(ref _written).TrySetResult();
        }
    }
}
