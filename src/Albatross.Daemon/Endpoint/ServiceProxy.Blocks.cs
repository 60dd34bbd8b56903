using Albatross.Daemon.Wire;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Albatross.Tls.Sessions;

namespace Albatross.Daemon.Endpoint;

/// <summary>
/// The content of block devices, in either direction (wire specification, section 8, "After the handshake", 3 and 6).
/// <code>
///   client ── chunks ──► 16 KiB ── chunks ──► vmmd          who is slower sets the pace
///   client ◄──────── its one answer ◄──────── vmmd          may come in the middle: then the rest of the chunks is dropped
/// </code>
/// A client that goes away in the middle ends the connection to vmmd without the end marker, and vmmd keeps the old content.
/// </summary>
internal sealed partial class ServiceProxy
{
    private static bool IsFollowedByChunks(Command command) => command
        is Command.BlockSet or Command.BlockOldSet { Data.IsEmpty: true } or Command.BlockOldAdd { Data: { IsEmpty: true } }
        or Command.UnikernelCreate { Config.Image.IsEmpty: true };

    private static async Task RelaySetAsync(
        FrameChannel vmmd, ServerSession session, ClientChunks chunks, Name name, Command.BlockSet set, CancellationToken cancellation)
    {
        ReceivedFrame answer = await SetAsync(vmmd, chunks, name, set, cancellation).ConfigureAwait(false);
        await AnswerAsync(session, name, answer, "writing block data", cancellation).ConfigureAwait(false);
    }

    // Old form: made and filled by one command. vmmd knows one command a connection, so there are two; the client gets one answer.
    private async Task RelayAddAndSetAsync(
        FrameChannel vmmd, ServerSession session, ClientChunks chunks, Name name, Command.BlockOldAdd add, CancellationToken cancellation)
    {
        await AskAsync(vmmd, name, new Command.BlockAdd(add.SizeMib), cancellation).ConfigureAwait(false);
        ReceivedFrame answer = await ReadAsync(vmmd, cancellation).ConfigureAwait(false);
        if (IsSuccess(answer))
        {
            var second = new FrameChannel(
                await LocalSocket.ConnectAsync(options.VmmdSocket, cancellation).ConfigureAwait(false), FrameLimits.Reply);
            await using (second.ConfigureAwait(false))
            {
                ReceivedFrame filled =
                    await SetAsync(second, chunks, name, new Command.BlockSet(add.Compressed), cancellation).ConfigureAwait(false);
                answer = IsSuccess(filled) ? answer : filled;
            }
        }

        await AnswerAsync(session, name, answer, "writing block data", cancellation).ConfigureAwait(false);
    }

    // vmmd's answer, as soon as it is there. When the client is gone this throws, and the caller closes the connection to vmmd.
    private static async Task<ReceivedFrame> SetAsync(
        FrameChannel vmmd, ClientChunks chunks, Name name, Command.BlockSet set, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await AskAsync(vmmd, name, set, cancellation).ConfigureAwait(false);
        Task<ReceivedFrame> answering = ReadAsync(vmmd, ending.Token);
        Task passing = PassOnAsync(chunks, vmmd, ending.Token);
        if (await Task.WhenAny(passing, answering).ConfigureAwait(false) == passing && passing.IsCompletedSuccessfully)
        {
            return await answering.ConfigureAwait(false);
        }

        bool isAnswered = answering.IsCompleted;
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(passing, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!isAnswered)
        {
            await passing.ConfigureAwait(false);
        }

        return await answering.ConfigureAwait(false);
    }

    // Ends without an exception also when vmmd takes no more: then it has said why, or it is gone, and reading tells which.
    private static async Task PassOnAsync(ClientChunks chunks, FrameChannel vmmd, CancellationToken cancellation)
    {
        while (await chunks.NextAsync(cancellation).ConfigureAwait(false) is { } piece)
        {
            if (!await TryWriteAsync(vmmd, FrameWriter.Write(piece.Span), cancellation).ConfigureAwait(false))
            {
                return;
            }
        }

        await TryWriteAsync(vmmd, FrameWriter.EndMarker, cancellation).ConfigureAwait(false);
    }

    private static async Task<bool> TryWriteAsync(FrameChannel vmmd, ReadOnlyMemory<byte> framed, CancellationToken cancellation)
    {
        try
        {
            await vmmd.WriteAsync(framed, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The daemon's messages as they are, up to the end marker, which is the endpoint's own as with the original.
    private async Task RelayDumpAsync(FrameChannel vmmd, ServerSession session, Name name, CancellationToken cancellation)
    {
        while (await ReadAsync(vmmd, cancellation).ConfigureAwait(false) is { Kind: FrameKind.Frame } received)
        {
            if (ReplyIn(received) is Reply.BlockData { Bytes: null } end)
            {
                await SendAsync(session, WireCodec.EncodeFramed(new Protocol.Commands.Wire.Answer(new Header(0, name), end)), cancellation)
                    .ConfigureAwait(false);
                return;
            }

            await SendAsync(session, FrameWriter.Write(received.Body.Span), cancellation).ConfigureAwait(false);
        }

        await RefuseAsync(session, name, "exception while reading from fd", cancellation).ConfigureAwait(false);
    }

    // A client that takes nothing would keep its block device from everybody else.
    private async Task SendAsync(ServerSession session, ReadOnlyMemory<byte> framed, CancellationToken cancellation)
    {
        using var stall = new CancellationTokenSource(DaemonLimits.StallDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellation);
        try
        {
            await session.Stream.WriteAsync(framed, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the client took nothing for {DaemonLimits.StallDeadline.TotalSeconds} s", e);
        }
    }

    private static bool IsSuccess(ReceivedFrame answer) => ReplyIn(answer) is not (null or Reply.Failure);

    private static Reply? ReplyIn(ReceivedFrame received) =>
        received.Kind == FrameKind.Frame
        && WireCodec.TryDecode(received.Body, out Protocol.Commands.Wire? wire, out _)
        && wire is Protocol.Commands.Wire.Answer answer
            ? answer.Reply
            : null;
}
