using System.Collections.Immutable;
using System.Net.Sockets;
using Albatross.Certificates;
using Albatross.Daemon.Wire;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Albatross.Tls.Sessions;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Endpoint;

/// <summary>
/// From a proven client's chain to the service that carries out its command, and the answers back, frame by frame
/// (wire specification, section 8, "After the handshake"). One command per session.
/// </summary>
internal sealed partial class ServiceProxy(DaemonOptions options, TimeProvider time, ILogger log)
{
    /// <summary>Serves one session; the caller closes it.</summary>
    public async Task ServeAsync(ServerSession session, string peer, CancellationToken cancellation)
    {
        if (!Authorisation.TryRead(session.Chain, out Authorisation? authorisation, out Refusal? refusal))
        {
            // The original closes without a word; a client that hears why can do something about it.
            Log.PeerRefused(log, peer, refusal.Text);
            await RefuseAsync(session, Name.Root, refusal.Text, cancellation).ConfigureAwait(false);
            return;
        }

        session.ReleaseChain();
        Log.Authorised(log, peer, authorisation.Name, authorisation.Command.Words);
        var chunks = new ClientChunks(session.Stream, time);
        try
        {
            await CarryAsync(session, chunks, authorisation, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            await RefuseAsync(session, authorisation.Name, "couldn't reach service", cancellation).ConfigureAwait(false);
        }

        if (IsFollowedByChunks(authorisation.Command))
        {
            await chunks.DropRestAsync(cancellation).ConfigureAwait(false);
        }
    }

    private async Task CarryAsync(
        ServerSession session, ClientChunks chunks, Authorisation authorisation, CancellationToken cancellation)
    {
        (Command? command, Refusal? refusal) = await ReceiveImageAsync(chunks, authorisation.Command, cancellation).ConfigureAwait(false);
        if (command is null)
        {
            await RefuseAsync(session, authorisation.Name, refusal!.Text, cancellation).ConfigureAwait(false);
            return;
        }

        string socket = SocketOf(command);
        var service = new FrameChannel(await LocalSocket.ConnectAsync(socket, cancellation).ConfigureAwait(false), FrameLimits.Reply);
        await using (service.ConfigureAwait(false))
        {
            if (socket == options.VmmdSocket
                && await AddPoliciesAsync(service, authorisation, cancellation).ConfigureAwait(false) is { } text)
            {
                await RefuseAsync(session, authorisation.Name, text, cancellation).ConfigureAwait(false);
                return;
            }

            await RelayAsync(service, session, chunks, authorisation.Name, command, cancellation).ConfigureAwait(false);
        }
    }

    private async Task RelayAsync(
        FrameChannel service, ServerSession session, ClientChunks chunks, Name name, Command command, CancellationToken cancellation)
    {
        switch (command)
        {
            case Command.BlockSet set:
                await RelaySetAsync(service, session, chunks, name, set, cancellation).ConfigureAwait(false);
                return;
            case Command.BlockOldSet { Data.IsEmpty: true } old:
                await RelaySetAsync(service, session, chunks, name, new Command.BlockSet(old.Compressed), cancellation)
                    .ConfigureAwait(false);
                return;
            case Command.BlockOldAdd { Data: { IsEmpty: true } } add:
                await RelayAddAndSetAsync(service, session, chunks, name, add, cancellation).ConfigureAwait(false);
                return;
        }

        await AskAsync(service, name, command, cancellation).ConfigureAwait(false);
        await (command switch
        {
            Command.ConsoleSubscribe or Command.StatisticsSubscribe => RelayStreamAsync(service, session, name, cancellation),
            Command.BlockDump => RelayDumpAsync(service, session, name, cancellation),
            _ => RelayOneAsync(service, session, name, cancellation),
        }).ConfigureAwait(false);
    }

    // A create with an empty image: it follows in chunks up to an end marker (Mollymawk does so).
    private static async Task<(Command? Command, Refusal? Refusal)> ReceiveImageAsync(
        ClientChunks chunks, Command command, CancellationToken cancellation)
    {
        if (command is not Command.UnikernelCreate { Config.Image.IsEmpty: true } create)
        {
            return (command, null);
        }

        using var image = new MemoryStream();
        try
        {
            while (await chunks.NextAsync(cancellation).ConfigureAwait(false) is { } piece)
            {
                if (image.Length + piece.Length > DaemonLimits.MaxStreamedImageBytes)
                {
                    return (null, new Refusal(
                        RefusalCode.TooLarge, $"the image is larger than {DaemonLimits.MaxStreamedImageBytes >> 20} MiB"));
                }

                image.Write(piece.Span);
            }
        }
        catch (EndOfStreamException)
        {
            return (null, new Refusal(RefusalCode.Malformed, "reading tls chunk"));
        }

        ReadOnlyMemory<byte> bytes = image.GetBuffer().AsMemory(0, (int)image.Length);
        return (create with { Config = create.Config with { Image = bytes } }, null);
    }

    // All or none. The original adds one after the other, the deepest first, and leaves those behind that it had stored.
    private static async Task<string?> AddPoliciesAsync(FrameChannel vmmd, Authorisation authorisation, CancellationToken cancellation)
    {
        ImmutableArray<Entry<ResourcePolicy>> policies =
            [.. authorisation.Policies.Select(granted => new Entry<ResourcePolicy>(new Name(granted.Path, null), granted.Policy))];
        if (policies.IsEmpty)
        {
            return null;
        }

        Name name = policies[^1].Name;
        Command command = policies.Length == 1 ? new Command.PolicyAdd(policies[0].Value) : new Command.PolicyAddAll(policies);
        await AskAsync(vmmd, name, command, cancellation).ConfigureAwait(false);
        string where = policies.Length == 1 ? $"host [unikernel: {name}]: command failed " : "";
        return ReplyIn(await vmmd.ReadAsync(cancellation).ConfigureAwait(false)) switch
        {
            null => "error reading from fd",
            Reply.Failure failure => $"expected success when adding policy, got: {where}{failure.Text}",
            _ => null,
        };
    }

    // The sequence is the requester's choice. With 0 the service's answer is just what the client is to get, and can be passed on as it is.
    private static Task AskAsync(FrameChannel service, Name name, Command command, CancellationToken cancellation) => service.WriteAsync(
        WireCodec.EncodeFramed(new Protocol.Commands.Wire.Request(new Header(0, name), command)), cancellation);

    private static async Task RelayOneAsync(FrameChannel service, ServerSession session, Name name, CancellationToken cancellation)
    {
        ReceivedFrame received = await ReadAsync(service, cancellation).ConfigureAwait(false);
        await AnswerAsync(session, name, received, "error reading from fd", cancellation).ConfigureAwait(false);
    }

    // What the service said, as it is, or what to say when it said nothing.
    private static async Task AnswerAsync(
        ServerSession session, Name name, ReceivedFrame received, string otherwise, CancellationToken cancellation)
    {
        if (received.Kind == FrameKind.Frame)
        {
            await session.Stream.WriteAsync(FrameWriter.Write(received.Body.Span), cancellation).ConfigureAwait(false);
        }
        else
        {
            await RefuseAsync(session, name, otherwise, cancellation).ConfigureAwait(false);
        }
    }

    // A service that is killed, or closes with bytes of ours unread, has closed like any other: the client is told, not dropped.
    private static async Task<ReceivedFrame> ReadAsync(FrameChannel service, CancellationToken cancellation)
    {
        try
        {
            return await service.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return new ReceivedFrame(FrameKind.Closed, default, null);
        }
    }

    // A subscription ends when the service closes, and when the client closes or sends anything at all.
    private static async Task RelayStreamAsync(FrameChannel service, ServerSession session, Name name, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task leaving = session.Stream.ReadAsync(new byte[1], ending.Token).AsTask();
        Task relaying = RelayAllAsync();
        await Task.WhenAny(leaving, relaying).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(leaving, relaying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (relaying.IsCompletedSuccessfully)
        {
            await RefuseAsync(session, name, "exception while reading from fd", cancellation).ConfigureAwait(false);
        }

        async Task RelayAllAsync()
        {
            while (await service.ReadAsync(ending.Token).ConfigureAwait(false) is { Kind: FrameKind.Frame } received)
            {
                await session.Stream.WriteAsync(FrameWriter.Write(received.Body.Span), ending.Token).ConfigureAwait(false);
            }
        }
    }

    private static async Task RefuseAsync(ServerSession session, Name name, string text, CancellationToken cancellation) =>
        await session.Stream.WriteAsync(
            WireCodec.EncodeFramed(new Protocol.Commands.Wire.Answer(new Header(0, name), Reply.Failure.Of(text))), cancellation)
            .ConfigureAwait(false);

    private string SocketOf(Command command) => command switch
    {
        Command.ConsoleSubscribe or Command.ConsoleInactive => options.ConsoleSocket,
        Command.StatisticsSubscribe => options.StatisticsSocket,
        _ => options.VmmdSocket,
    };
}
