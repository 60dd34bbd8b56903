using Albatross.Client.Output;
using Albatross.Client.Sessions;
using Albatross.Protocol.Commands;
using Albatross.Tls;

namespace Albatross.Client.Blocks;

/// <summary>The data messages of a block device as one stream, which ends with their end marker and with nothing else.</summary>
internal sealed class BlockDataStream(FrameChannel frames) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _unread;
    private bool _isOver;

    /// <inheritdoc/>
    /// <exception cref="BlockDataRefusedException">The daemon failed in the middle.</exception>
    /// <exception cref="ClientException">The connection ended before the end marker, or something else came.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty && !_isOver)
        {
            Wire.Answer? answer = await Dialogue.NextAsync(frames, cancellationToken).ConfigureAwait(false);
            (_unread, _isOver) = answer?.Reply switch
            {
                Reply.BlockData { Bytes: { } bytes } => (bytes, false),
                Reply.BlockData => (default(ReadOnlyMemory<byte>), true),
                Reply.Failure => throw new BlockDataRefusedException(answer),
                null => throw new ClientException(
                    ExitStatus.Communication, "the connection was closed in the middle of the data: the daemon's log says why"),
                var other => throw new ClientException(
                    ExitStatus.Communication, $"the answer cannot be read: {other.GetType().Name} in the middle of the data"),
            };
        }

        int count = Math.Min(buffer.Length, _unread.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return count;
    }
}

/// <summary>The daemon broke off the data of a block device, with a reason.</summary>
internal sealed class BlockDataRefusedException(Wire.Answer answer) : Exception("the daemon broke off")
{
    /// <summary>Its failure.</summary>
    public Wire.Answer Answer { get; } = answer;
}
