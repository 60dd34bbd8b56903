using Albatross.Client.Sessions;
using Albatross.Protocol.Commands;
using Albatross.Tls;
using Albatross.Tls.Streams;

namespace Albatross.Client.Blocks;

/// <summary>The data messages of a block device as one stream, which ends with their end marker and with nothing else.</summary>
internal sealed class BlockDataStream(FrameChannel frames) : PartsStream
{
    /// <inheritdoc/>
    /// <exception cref="BlockDataRefusedException">The daemon failed in the middle.</exception>
    /// <exception cref="ClientException">The connection ended before the end marker, or something else came.</exception>
    protected override async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        Wire.Answer? answer = await Dialogue.NextAsync(frames, cancellation).ConfigureAwait(false);
        return answer?.Reply switch
        {
            Reply.BlockData data => data.Bytes,
            Reply.Failure => throw new BlockDataRefusedException(answer),
            null => throw new ClientException(
                ExitStatus.Communication, "the connection was closed in the middle of the data: the daemon's log says why"),
            var other => throw new ClientException(
                ExitStatus.Communication, $"the answer cannot be read: {other.GetType().Name} in the middle of the data"),
        };
    }
}

/// <summary>The daemon broke off the data of a block device, with a reason.</summary>
internal sealed class BlockDataRefusedException(Wire.Answer answer) : Exception("the daemon broke off")
{
    /// <summary>Its failure.</summary>
    public Wire.Answer Answer { get; } = answer;
}
