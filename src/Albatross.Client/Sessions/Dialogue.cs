using System.Net.Sockets;
using Albatross.Client.Blocks;
using Albatross.Client.Output;
using Albatross.Client.Pki;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.Frames;
using Albatross.Tls;

namespace Albatross.Client.Sessions;

/// <summary>Asks a question where the target says, and prints what is answered or writes it into a file.</summary>
internal static class Dialogue
{
    /// <summary>Runs it; the client's exit status.</summary>
    /// <exception cref="ClientException">Nobody answers, or the answer cannot be read.</exception>
    public static async Task<int> AskAsync(Target target, Question question, CancellationToken cancellation)
    {
        if (target.WritesRequest)
        {
            return RequestFiles.Write(target.KeyType, question.Name, question.Command);
        }

        if (target.Destination is not null)
        {
            Stream session = await RemoteSession.OpenAsync(target, question, cancellation).ConfigureAwait(false);
            return await ReadAsync(new FrameChannel(session, FrameLimits.Reply), question.Mode, question.Content, cancellation)
                .ConfigureAwait(false);
        }

        Stream local = await ConnectLocallyAsync(target, question.Service, cancellation).ConfigureAwait(false);
        var frames = new FrameChannel(local, FrameLimits.Reply);
        await frames.WriteAsync(
            WireCodec.EncodeFramed(new Wire.Request(new Header(0, question.Name), question.Command)), cancellation).ConfigureAwait(false);
        return await ReadAsync(frames, question.Mode, question.Content, cancellation).ConfigureAwait(false);
    }

    /// <summary>Sends <paramref name="content"/> if there is any, then reads and prints until the answer is complete.</summary>
    public static async Task<int> ReadAsync(
        FrameChannel frames, AnswerMode mode, BlockContent? content, CancellationToken cancellation)
    {
        await using (frames.ConfigureAwait(false))
        {
            if (content is not null)
            {
                return await PrintAsync(await BlockUpload.SendAsync(frames, content, cancellation).ConfigureAwait(false), cancellation)
                    .ConfigureAwait(false);
            }

            Wire.Answer? answer = await NextAsync(frames, cancellation).ConfigureAwait(false);
            int status = await PrintAsync(answer, cancellation).ConfigureAwait(false);
            if (status != ExitStatus.Success || mode == AnswerMode.Single)
            {
                return status;
            }

            return mode == AnswerMode.BlockContent
                ? await SaveBlockAsync(frames, answer!, cancellation).ConfigureAwait(false)
                : await FollowAsync(frames, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The next answer; null when the daemon has closed.</summary>
    /// <exception cref="ClientException">The connection broke, or the answer cannot be read.</exception>
    public static async Task<Wire.Answer?> NextAsync(FrameChannel frames, CancellationToken cancellation)
    {
        ReceivedFrame received;
        try
        {
            received = await frames.ReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (SessionFailedException e)
        {
            throw RemoteSession.Explain(e.Failure);   // a refused certificate shows here in TLS 1.3
        }
        catch (IOException e)
        {
            throw new ClientException(ExitStatus.Communication, e.Message, e);
        }

        if (received.Kind is FrameKind.Closed or FrameKind.EndMarker)
        {
            return null;
        }

        Refusal? refusal = received.Refusal;
        if (refusal is null && WireCodec.TryDecode(received.Body, out Wire? wire, out refusal) && wire is Wire.Answer answer)
        {
            return answer;
        }

        throw new ClientException(ExitStatus.Communication, $"the answer cannot be read: {refusal?.Text ?? "it is no reply"}");
    }

    // Until somebody closes.
    private static async Task<int> FollowAsync(FrameChannel frames, CancellationToken cancellation)
    {
        while (await NextAsync(frames, cancellation).ConfigureAwait(false) is { } answer)
        {
            int status = await PrintAsync(answer, cancellation).ConfigureAwait(false);
            if (status != ExitStatus.Success)
            {
                return status;
            }
        }

        return ExitStatus.Success;
    }

    private static async Task<int> SaveBlockAsync(FrameChannel frames, Wire.Answer announced, CancellationToken cancellation)
    {
        if (announced.Reply is not Reply.BlockDeviceImage image)
        {
            throw new ClientException(ExitStatus.Communication, "the answer cannot be read: it announces no block device");
        }

        try
        {
            string path = await BlockDownload.SaveAsync(frames, announced.Header, image, cancellation).ConfigureAwait(false);
            await Console.Out.WriteLineAsync(ReplyText.OfBlock(announced.Header, path)).ConfigureAwait(false);
            return ExitStatus.Success;
        }
        catch (BlockDataRefusedException e)
        {
            return await PrintAsync(e.Answer, cancellation).ConfigureAwait(false);
        }
    }

    // Its exit status.
    private static async Task<int> PrintAsync(Wire.Answer? answer, CancellationToken cancellation)
    {
        if (answer is null)
        {
            throw new ClientException(
                ExitStatus.Communication, "the connection was closed without an answer: the daemon's log says why");
        }

        TextWriter to = answer.Reply is Reply.Failure ? Console.Error : Console.Out;
        string text = await TextOfAsync(answer, cancellation).ConfigureAwait(false);
        await to.WriteLineAsync(text).ConfigureAwait(false);
        await to.FlushAsync(cancellation).ConfigureAwait(false);
        return answer.Reply is Reply.Failure ? ExitStatus.Failure : ExitStatus.Success;
    }

    private static async Task<string> TextOfAsync(Wire.Answer answer, CancellationToken cancellation)
    {
        if (answer.Reply is not Reply.Image image)
        {
            return ReplyText.Of(answer.Header, answer.Reply);
        }

        string path = await ReceivedImage.SaveAsync(answer.Header.Name, image, cancellation).ConfigureAwait(false);
        return ReplyText.OfFile(answer.Header, path);
    }

    private static async Task<Stream> ConnectLocallyAsync(Target target, Service service, CancellationToken cancellation)
    {
        string path = target.Socket ?? Path.Combine(target.RunDirectory, "util", service == Service.Vmmd ? "vmmd.sock" : "console.sock");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ClientException(ExitStatus.Connect, $"{path}: {e.Message}: is the daemon running, and are you in its group?", e);
        }
    }
}
