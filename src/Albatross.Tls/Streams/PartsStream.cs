namespace Albatross.Tls.Streams;

/// <summary>Parts that come one after the other, as one stream.</summary>
public abstract class PartsStream : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _unread;
    private bool _isAtEnd;

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty && !_isAtEnd)
        {
            ReadOnlyMemory<byte>? part = await NextAsync(cancellationToken).ConfigureAwait(false);
            _isAtEnd = part is null;
            _unread = part ?? default;
        }

        int count = Math.Min(buffer.Length, _unread.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return count;
    }

    /// <summary>The next part, perhaps empty; null at the end, after which it is not asked again.</summary>
    protected abstract Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation);
}
