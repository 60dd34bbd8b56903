using Albatross.Client.Sessions;
using Albatross.Protocol.Commands;
using Albatross.Tls;

namespace Albatross.Client.Blocks;

/// <summary>Sends the content of a block device, and listens while it does: a refusal may come in the middle.</summary>
internal static class BlockUpload
{
    /// <summary>Sends <paramref name="content"/>, or as much as the daemon takes; its answer, null when it closed without one.</summary>
    /// <exception cref="ClientException">The connection broke, or the answer cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<Wire.Answer?> SendAsync(FrameChannel frames, BlockContent content, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<Wire.Answer?> answering = Dialogue.NextAsync(frames, ending.Token);
        Task sending = content.SendAsync(frames, ending.Token);
        try
        {
            if (await Task.WhenAny(sending, answering).ConfigureAwait(false) == sending && !IsAboutTheConnection(sending))
            {
                await sending.ConfigureAwait(false);
            }

            // A daemon that takes no more has mostly said why, and that is worth more than "broken pipe".
            Wire.Answer? answer = await answering.ConfigureAwait(false);
            if (answer is not null and not { Reply: Reply.Failure })
            {
                await sending.ConfigureAwait(false);   // it cannot be done before it has the end marker
            }

            return answer;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsAboutTheConnection(Task sending) => sending.Exception?.InnerException is ClientException;
}
