namespace Albatross.Daemon;

/// <summary>Everything that somebody outside can grow, and how far. One place, so that an operator can add it up.</summary>
internal static class DaemonLimits
{
    /// <summary>The largest image after unpacking, in bytes. A guest has 4 GiB at most; images have some tens of MiB.</summary>
    public const int MaxImageBytes = 256 << 20;

    /// <summary>
    /// The largest image that is taken in chunks after the handshake, in bytes, as sent: with its command one frame for vmmd.
    /// </summary>
    public const int MaxStreamedImageBytes = 60 << 20;

    /// <summary>Images that are unpacked and read at the same time; the rest waits.</summary>
    public const int ImagesInPreparation = 2;

    /// <summary>Connections to a local socket at the same time; further ones wait in the socket's queue.</summary>
    public const int LocalConnections = 512;

    /// <summary>TLS connections at the same time; further ones wait in the socket's queue.</summary>
    public const int TlsConnections = 256;

    /// <summary>TLS connections of one address at the same time; further ones are closed.</summary>
    public const int TlsConnectionsPerAddress = 128;

    /// <summary>Inputs that wait for the one reader of a role; who brings more waits.</summary>
    public const int WaitingInputs = 1024;

    /// <summary>Answers that wait for a local peer to take them; one that is further behind is disconnected.</summary>
    public const int WaitingWrites = 64;

    /// <summary>With more answers waiting than this, a console is not read further: its unikernel waits in its FIFO.</summary>
    public const int WaitingWritesForRoom = 2;

    /// <summary>
    /// How long a subscriber may take nothing while its unikernel waits for it, and a TLS client of a block device's content while the
    /// device waits; also how long one that streams may send nothing.
    /// </summary>
    public static readonly TimeSpan StallDeadline = TimeSpan.FromSeconds(5);

    /// <summary>How long the sender of a block device's content may send nothing.</summary>
    public static readonly TimeSpan ContentDeadline = TimeSpan.FromSeconds(60);

    /// <summary>How long a sender whose content was refused may go on sending, until it reads why.</summary>
    public static readonly TimeSpan RefusedContentDeadline = TimeSpan.FromSeconds(30);

    /// <summary>How long a local service may take to answer.</summary>
    public static readonly TimeSpan ServiceDeadline = TimeSpan.FromSeconds(60);

    /// <summary>How long a peer may take for the last frames of its connection.</summary>
    public static readonly TimeSpan DrainDeadline = TimeSpan.FromSeconds(5);

    /// <summary>The most that one read of a console takes, in bytes: with empty lines only, 60 times as much is sent.</summary>
    public const int ConsoleReadBytes = 16 << 10;
}
