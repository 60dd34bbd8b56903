namespace Albatross.Orchestration.Vmmd;

/// <summary>A command that works on a block device, which nobody else gets meanwhile.</summary>
/// <param name="Task">What it does.</param>
/// <param name="From">Who waits for it.</param>
public sealed record BlockWork(BlockTask Task, Requester From);

/// <summary>What is done to a block device.</summary>
public enum BlockTask
{
    /// <summary>It is made; it counts for the policies already, and nobody sees it yet.</summary>
    Add = 0,

    /// <summary>Its content is replaced.</summary>
    Fill = 1,

    /// <summary>Its content is sent.</summary>
    Send = 2,

    /// <summary>It is removed.</summary>
    Remove = 3,
}

/// <summary>The content that a block device is to get from its beginning on; the rest is zero.</summary>
/// <param name="Compressed">Whether it is one stream in zlib format.</param>
/// <param name="Sender">Whose connection brings it in chunks up to an end marker; null when <paramref name="Bytes"/> is all of it.</param>
/// <param name="Bytes">The content when nobody sends it.</param>
public sealed record BlockContent(bool Compressed, Requester? Sender, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A MiB is two to the power of this in bytes.</summary>
    public const int MebibyteShift = 20;

    // Content is a user's own: its length is all that a log may have.
    /// <inheritdoc/>
    public override string ToString() => Sender is null ? $"{Bytes.Length} bytes" : "a stream";
}
