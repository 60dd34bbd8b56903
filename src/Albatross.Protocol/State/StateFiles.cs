namespace Albatross.Protocol.State;

/// <summary>What a daemon's data directory holds besides block devices, for the daemon and for whoever reads it without one.</summary>
public static class StateFiles
{
    /// <summary>What this daemon wants, as <see cref="Der.HostStateCodec"/> writes it.</summary>
    public const string Host = "state.albatross";

    /// <summary>The original's file, as <see cref="Der.StateCodec"/> reads it. This daemon never writes it.</summary>
    public const string Original = "state";

    /// <summary>The original's file of one change ago. Without the other it means that the original was cut off while writing.</summary>
    public const string OriginalBackup = "state.bak";

    /// <summary>The directory of this daemon's images, each unpacked and called by its SHA-256.</summary>
    public const string Images = "images";

    /// <summary>The largest file of the original, all images included, that is imported or exported, in bytes.</summary>
    public const int MaxOriginalBytes = 1 << 30;
}
