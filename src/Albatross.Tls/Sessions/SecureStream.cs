using Albatross.Tls.Records;
using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Sessions;

/// <summary>
/// The protected bytes of a session as a stream. Asynchronous only. One write goes out at once as whole records (a frame of at most 16
/// KiB in one record); reading and writing at the same time is safe, so is disposing. A read returns 0 when the peer has closed. Reading
/// and writing throw <see cref="SessionFailedException"/> when the session breaks off.
/// </summary>
public sealed class SecureStream : Stream
{
    private readonly RecordPump _pump;
    private readonly Func<Exception, SessionFailure> _explain;
    private SessionFailedException? _failed;

    internal SecureStream(RecordPump pump, Func<Exception, SessionFailure> explain)
    {
        _pump = pump;
        _explain = explain;
    }

    /// <summary>
    /// After a read has returned 0: the peer closed the connection without close_notify. Within a frame that is a truncation.
    /// </summary>
    public bool HasEndedAbruptly => _pump.HasEndedAbruptly;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        try
        {
            return await _pump.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (Breaks(e))
        {
            throw _failed = new SessionFailedException(_explain(e), e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        try
        {
            await _pump.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (Breaks(e))
        {
            // Not kept: a read may still find the peer's alert, which says why.
            throw new SessionFailedException(_explain(e), e);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Nothing to do: every write is flushed.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Nothing to do: every write is flushed.</summary>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pump.Dispose();
        }

        base.Dispose(disposing);
    }

    internal static bool Breaks(Exception e) => e is IOException or TlsException or ObjectDisposedException;

    private void ThrowIfFailed()
    {
        if (_failed is { } failed)
        {
            throw new SessionFailedException(failed.Failure, failed);
        }
    }
}
