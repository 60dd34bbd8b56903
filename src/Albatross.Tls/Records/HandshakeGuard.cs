using Albatross.Policy;
using Albatross.Tls.Crypto;

namespace Albatross.Tls.Records;

/// <summary>
/// Counts what a peer sends before it has proved who it is, and stops it at the limits: bytes of the hello, bytes of the handshake, a
/// slot for big ones, and the time. Used by one handshake, one thread at a time.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="gate">Where slots come from; null gives none and needs none (a client).</param>
/// <param name="peer">Who the slot is for.</param>
/// <param name="clock">For the rate.</param>
/// <param name="deadline">Cancelled when the time is up.</param>
internal sealed class HandshakeGuard(
    TlsLimits limits, BigMessageGate? gate, string peer, TimeProvider clock, CancellationTokenSource deadline) : IDisposable
{
    private readonly long _begin = clock.GetTimestamp();
    private IDisposable? _slot;
    private long _slotBegin;
    private long _received;

    /// <summary>Set when the server has answered the hello: from then on the larger limit counts.</summary>
    public bool IsHelloAnswered { get; set; }

    /// <summary>Takes note of <paramref name="count"/> raw bytes, and waits for a slot when they make the handshake a big one.</summary>
    /// <exception cref="RefusalAlert">A limit is passed.</exception>
    public async ValueTask ReceivedAsync(int count, CancellationToken cancellationToken)
    {
        _received += count;
        if (!IsHelloAnswered && _received > limits.MaxHelloBytes)
        {
            throw new RefusalAlert(new Refusal(RefusalCode.HandshakeFailed, $"a TLS hello of more than {limits.MaxHelloBytes} bytes"));
        }

        if (_received > limits.MaxHandshakeBytes)
        {
            throw new RefusalAlert(new Refusal(RefusalCode.TooLarge, $"a TLS handshake of more than {limits.MaxHandshakeBytes} bytes"));
        }

        if (gate is null || _received <= limits.BigMessageBytes)
        {
            return;
        }

        if (_slot is null)
        {
            _slot = await gate.EnterAsync(peer, cancellationToken).ConfigureAwait(false);
            _slotBegin = clock.GetTimestamp();
        }

        deadline.CancelAfter(TimeLeft());
    }

    /// <summary>Gives the slot back.</summary>
    public void Dispose()
    {
        _slot?.Dispose();
        _slot = null;
    }

    // The client may be SlotGrace behind the slowest rate, and must be done by the deadline of the whole handshake.
    private TimeSpan TimeLeft()
    {
        TimeSpan earned = limits.SlotGrace + TimeSpan.FromSeconds((double)_received / limits.SlotBytesPerSecond);
        TimeSpan bySlot = earned - clock.GetElapsedTime(_slotBegin);
        TimeSpan byDeadline = limits.HandshakeTime - clock.GetElapsedTime(_begin);
        TimeSpan left = bySlot < byDeadline ? bySlot : byDeadline;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
