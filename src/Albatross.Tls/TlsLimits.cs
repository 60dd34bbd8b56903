namespace Albatross.Tls;

/// <summary>
/// What a peer may cost before it has proved who it is, and how a connection is closed. A client certificate may carry an image of 16
/// MiB, which TLS delivers only when whole; so its bytes, the number of such clients and the time are bounded.
/// </summary>
public sealed record TlsLimits
{
    /// <summary>The defaults.</summary>
    public static TlsLimits Default { get; } = new();

    /// <summary>Raw bytes until the server has answered the ClientHello; usual ones have less than 2 KiB. Default 64 KiB.</summary>
    public int MaxHelloBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Raw bytes of a whole handshake. Default 17 MiB, the largest certificate and its records; 128 KiB suffices where all clients stream
    /// images.
    /// </summary>
    public int MaxHandshakeBytes { get; init; } = 17 * 1024 * 1024;

    /// <summary>
    /// Raw bytes of a handshake after which a client needs a slot of the <see cref="BigMessageGate"/> to be read further. Default 128
    /// KiB.
    /// </summary>
    public int BigMessageBytes { get; init; } = 128 * 1024;

    /// <summary>For the whole handshake, waiting for a slot included. Default 30 s.</summary>
    public TimeSpan HandshakeTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How far a client that holds a slot may fall behind <see cref="SlotBytesPerSecond"/>. Default 5 s.</summary>
    public TimeSpan SlotGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The slowest rate at which a client that holds a slot may send. Default 256 KiB per second.</summary>
    public int SlotBytesPerSecond { get; init; } = 256 * 1024;

    /// <summary>
    /// How many bytes are read and dropped after a rejection or a close, so that the peer sees our last words and not a reset. Default 17
    /// MiB.
    /// </summary>
    public int MaxDrainBytes { get; init; } = 17 * 1024 * 1024;

    /// <summary>How long that may take. Default 2 s.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(2);
}
