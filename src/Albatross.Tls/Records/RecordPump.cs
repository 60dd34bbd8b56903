using System.Buffers;
using Albatross.Tls.Crypto;
using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Records;

/// <summary>
/// Moves records between a transport and BouncyCastle's non-blocking protocol object, which it owns together with its crypto.
/// <code>
///   transport ── whole records ──► OfferInput ─┐                  one lock around every call of the protocol object;
///                                              protocol           one reader and one writer at a time, each in its turn;
///   transport ◄── one write ◄── ReadOutput ────┘                  what a turn takes out is written before the next
/// </code>
/// A buffer is rented only while bytes are pending, so an idle connection holds none. Reading and writing at the same time is safe.
/// </summary>
internal sealed class RecordPump(Stream transport, IAbortableProtocol protocol, PlatformCrypto crypto) : IDisposable
{
    private const int RecordHeaderBytes = 5;
    private const byte MajorVersion = 3;
    private const int MaxPlainBytes = 16 * 1024;

    // RFC 8446 5.2: a protected record is at most 256 octets longer than its plain text.
    private const int MaxRecordBytes = RecordHeaderBytes + MaxPlainBytes + 256;
    private const int BufferBytes = 64 * 1024;
    private const int MaxWriteBytes = 4 * MaxPlainBytes;

    private readonly Lock _protocolLock = new();
    private readonly SemaphoreSlim _readTurn = new(1, 1);
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private byte[]? _input;
    private int _inputLength;
    private bool _isWriteBroken;

    /// <summary>Whether any application data has arrived.</summary>
    public bool HasReceivedData { get; private set; }

    /// <summary>
    /// Whether the transport ended without the peer's close_notify: between messages an end like any other, within one a truncation.
    /// </summary>
    public bool HasEndedAbruptly { get; private set; }

    /// <summary>The transport.</summary>
    public Stream Transport => transport;

    private TlsProtocol Protocol => protocol.Protocol;

    /// <summary>Runs the handshake to its end. On failure the alert has been sent where that was possible.</summary>
    /// <exception cref="EndOfStreamException">The peer closed in the middle.</exception>
    public async Task HandshakeAsync(HandshakeGuard guard, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        while (Protocol.IsHandshaking)
        {
            if (!await ReceiveAsync(guard, cancellationToken).ConfigureAwait(false))
            {
                throw new EndOfStreamException("the peer closed the connection during the handshake");
            }

            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads application data; 0 at the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        await _readTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (TryTake(destination.Span, out int count))
                {
                    return count;
                }

                if (!await ReceiveAsync(null, cancellationToken).ConfigureAwait(false))
                {
                    HasEndedAbruptly = true;
                    return 0;
                }

                await FlushIfFreeAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _readTurn.Release();
        }
    }

    /// <summary>
    /// Protects <paramref name="data"/> in records of up to 16 KiB and writes them; up to 64 KiB go out in one write of the transport.
    /// </summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _writeTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!data.IsEmpty)
            {
                int size = Math.Min(data.Length, MaxWriteBytes);
                lock (_protocolLock)
                {
                    Protocol.WriteApplicationData(data.Span[..size]);
                }

                await FlushInTurnAsync(cancellationToken).ConfigureAwait(false);
                data = data[size..];
            }
        }
        finally
        {
            _writeTurn.Release();
        }

        await FlushIfFreeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends close_notify.</summary>
    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        lock (_protocolLock)
        {
            Protocol.Close();
        }

        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what the protocol object has to say, an alert included.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writeTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await FlushInTurnAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writeTurn.Release();
        }

        await FlushIfFreeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>After a write has failed: reads on, in the hope of the peer's alert, and throws it when it comes.</summary>
    public async Task ReadLastWordsAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReceiveAsync(null, cancellationToken).ConfigureAwait(false))
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or (IOException and not TlsException))
        {
            // There was none; the failed write is the reason that remains.
        }
    }

    /// <summary>
    /// Ends everything at once. A read or write in progress fails; its buffer is left to the collector, not returned to the pool.
    /// </summary>
    public void Dispose()
    {
        transport.Dispose();
        lock (_protocolLock)
        {
            crypto.Dispose();
        }
    }

    private bool TryTake(Span<byte> destination, out int count)
    {
        lock (_protocolLock)
        {
            int available = Protocol.ApplicationDataAvailable;
            count = available > 0 && !destination.IsEmpty
                ? Protocol.ReadApplicationData(destination[..Math.Min(available, destination.Length)]) : 0;
            HasReceivedData |= available > 0;
            return available > 0 || Protocol.IsClosed || destination.IsEmpty;
        }
    }

    // False at the end of the transport. The wait with an empty buffer costs no memory; a transport that does not wait then only reads at
    // once.
    private async ValueTask<bool> ReceiveAsync(HandshakeGuard? guard, CancellationToken cancellationToken)
    {
        if (_input is null)
        {
            _ = await transport.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            _input = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }

        int count = await transport.ReadAsync(_input.AsMemory(_inputLength), cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            return false;
        }

        _inputLength += count;
        try
        {
            if (guard is not null)
            {
                await guard.ReceivedAsync(count, cancellationToken).ConfigureAwait(false);
            }

            OfferRecords(_input);
        }
        catch (Exception e) when (e is TlsException or IOException)
        {
            await SendLastWordsAsync(e, cancellationToken).ConfigureAwait(false);
            throw;
        }

        return true;
    }

    // Whole records only, one per OfferInput: the protocol object then works on them without a queue of its own.
    private void OfferRecords(byte[] input)
    {
        int at = 0;
        lock (_protocolLock)
        {
            while (_inputLength - at >= RecordHeaderBytes && !Protocol.IsClosed)
            {
                // Says at once to a stranger with another protocol what would otherwise wait for the "record" to become whole.
                if ((short)input[at] is < ContentType.change_cipher_spec or > ContentType.application_data || input[at + 1] != MajorVersion)
                {
                    throw new TlsFatalAlert(AlertDescription.unexpected_message, "this is no TLS record");
                }

                int size = RecordHeaderBytes + (input[at + 3] << 8 | input[at + 4]);
                if (size > MaxRecordBytes)
                {
                    throw new TlsFatalAlert(AlertDescription.record_overflow);
                }

                if (_inputLength - at < size)
                {
                    break;
                }

                Protocol.OfferInput(input, at, size);
                at += size;
            }
        }

        _inputLength -= at;
        if (_inputLength == 0)
        {
            _input = null;
            ArrayPool<byte>.Shared.Return(input);
        }
        else if (at > 0)
        {
            input.AsSpan(at, _inputLength).CopyTo(input);
        }
    }

    // A reader must never wait for a writer: the writer may be waiting for a peer that in turn waits for us to read. So what a reader has
    // to say (an answer to a key update) goes out only when no writer is at it; a writer looks again after its turn, so nothing stays
    // behind.
    private async ValueTask FlushIfFreeAsync(CancellationToken cancellationToken)
    {
        while (HasOutput() && _writeTurn.Wait(0, CancellationToken.None))
        {
            try
            {
                await FlushInTurnAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _writeTurn.Release();
            }
        }
    }

    private bool HasOutput()
    {
        lock (_protocolLock)
        {
            return Protocol.GetAvailableOutputBytes() > 0;
        }
    }

    // An exception from the protocol object has queued its alert; one of ours has not yet. Before a valid hello there is no alert:
    // nothing shows that the peer speaks TLS at all.
    private async ValueTask SendLastWordsAsync(Exception reason, CancellationToken cancellationToken)
    {
        lock (_protocolLock)
        {
            if (!Protocol.IsClosed && reason is TlsFatalAlert alert)
            {
                protocol.Abort(alert.AlertDescription, alert.Message);
            }
        }

        try
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The reason is what the caller must hear of, not that the peer had gone already.
            _isWriteBroken = true;
        }
    }

    private async ValueTask FlushInTurnAsync(CancellationToken cancellationToken)
    {
        if (_isWriteBroken)
        {
            throw new IOException("an earlier write of the connection was cut off");
        }

        byte[]? buffer = null;
        _isWriteBroken = true;
        while (true)
        {
            int count;
            lock (_protocolLock)
            {
                count = Protocol.GetAvailableOutputBytes();
                if (count > 0)
                {
                    buffer ??= ArrayPool<byte>.Shared.Rent(Math.Min(count, 2 * BufferBytes));
                    count = Protocol.ReadOutput(buffer, 0, Math.Min(count, buffer.Length));
                }
            }

            if (count == 0)
            {
                break;
            }

            await transport.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }

        // Only reached when every write was whole: half a record cannot be followed by anything.
        _isWriteBroken = false;
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            await transport.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
