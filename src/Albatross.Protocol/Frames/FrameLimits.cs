namespace Albatross.Protocol.Frames;

/// <summary>The largest frame that one kind of connection takes.</summary>
/// <param name="Name">What the limit is for, as a refusal names it: <c>local socket</c>.</param>
/// <param name="Bytes">The most bytes of a frame's body; at least 1.</param>
public sealed record FrameLimit(string Name, int Bytes);

/// <summary>
/// The limits of frames, all in one place. The original takes up to 2^31-1 bytes and allocates them at once (wire specification,
/// section 6); configuration may set others by <c>with { Bytes = … }</c>.
/// </summary>
public static class FrameLimits
{
    private const int Kib = 1 << 10;
    private const int Mib = 1 << 20;

    /// <summary>A command to vmmd on its local socket: a create carries the whole image.</summary>
    public static FrameLimit LocalSocket { get; } = new("local socket", 64 * Mib);

    /// <summary>A command to the console or statistics service: a name, and the interfaces of one unikernel at most.</summary>
    public static FrameLimit ServiceSocket { get; } = new("service socket", 256 * Kib);

    /// <summary>A reply as a client or the TLS endpoint reads it: get answers with the whole image.</summary>
    public static FrameLimit Reply { get; } = new("reply", 64 * Mib);

    /// <summary>
    /// One chunk of an image or of block data. Clients may send all of it as one chunk; their sum has its own limit elsewhere.
    /// </summary>
    public static FrameLimit Chunk { get; } = new("chunk", 64 * Mib);
}
