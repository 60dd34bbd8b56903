using Albatross.Orchestration.Vmmd;

namespace Albatross.Orchestration.Simulation;

/// <summary>The kernel's "no" by its number (Linux, include/uapi/asm-generic/errno*.h).</summary>
internal enum Errno
{
    EPERM = 1,
    ENOENT = 2,
    EIO = 5,
    ENXIO = 6,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    EINVAL = 22,
    ENFILE = 23,
    EMFILE = 24,
    ENOSPC = 28,
    EROFS = 30,
    EPIPE = 32,
    ECONNREFUSED = 111,
    EDQUOT = 122,
}

/// <summary>Which errno each effect can meet, and how the C library says it (strerror(3)).</summary>
internal static class Errnos
{
    private static readonly Errno[] OfImageFile =
        [Errno.ENOSPC, Errno.EDQUOT, Errno.EIO, Errno.EROFS, Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EACCES];

    private static readonly Errno[] OfImageReading = [Errno.ENOENT, Errno.EIO, Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EACCES];

    private static readonly Errno[] OfStateFile =
        [Errno.ENOSPC, Errno.EDQUOT, Errno.EIO, Errno.EROFS, Errno.EMFILE, Errno.ENFILE, Errno.EACCES, Errno.ENOENT];

    private static readonly Errno[] OfDevices =
    [
        Errno.ENODEV, Errno.EBUSY, Errno.EPERM, Errno.ENOENT, Errno.EACCES, Errno.ENXIO, Errno.EINVAL, Errno.EMFILE, Errno.ENFILE,
        Errno.ENOMEM, Errno.EIO,
    ];

    private static readonly Errno[] OfConsole =
    [
        Errno.EEXIST, Errno.ENOSPC, Errno.EACCES, Errno.EROFS, Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.ECONNREFUSED, Errno.EPIPE,
    ];

    private static readonly Errno[] OfTender =
    [
        Errno.ENOMEM, Errno.EAGAIN, Errno.EPERM, Errno.EACCES, Errno.ENOENT, Errno.ENODEV, Errno.EBUSY, Errno.EMFILE, Errno.ENFILE,
        Errno.EIO,
    ];

    private static readonly Errno[] OfAnything = [Errno.EIO, Errno.ENOMEM, Errno.EACCES, Errno.ENOSPC];

    /// <summary>What <paramref name="effect"/> can meet.</summary>
    public static ReadOnlySpan<Errno> Of(VmmdEffect effect) => effect switch
    {
        VmmdEffect.PrepareImage => OfImageFile,
        VmmdEffect.CheckImage or VmmdEffect.SendImage => OfImageReading,
        VmmdEffect.Store => OfStateFile,
        VmmdEffect.AttachDevices => OfDevices,
        VmmdEffect.OpenConsole => OfConsole,
        VmmdEffect.StartTender => OfTender,
        _ => OfAnything,
    };

    /// <summary>As strerror(3) has it.</summary>
    public static string WordsOf(Errno errno) => errno switch
    {
        Errno.EPERM => "Operation not permitted",
        Errno.ENOENT => "No such file or directory",
        Errno.EIO => "Input/output error",
        Errno.ENXIO => "No such device or address",
        Errno.EAGAIN => "Resource temporarily unavailable",
        Errno.ENOMEM => "Cannot allocate memory",
        Errno.EACCES => "Permission denied",
        Errno.EBUSY => "Device or resource busy",
        Errno.EEXIST => "File exists",
        Errno.ENODEV => "No such device",
        Errno.EINVAL => "Invalid argument",
        Errno.ENFILE => "Too many open files in system",
        Errno.EMFILE => "Too many open files",
        Errno.ENOSPC => "No space left on device",
        Errno.EROFS => "Read-only file system",
        Errno.EPIPE => "Broken pipe",
        Errno.ECONNREFUSED => "Connection refused",
        Errno.EDQUOT => "Disk quota exceeded",
        _ => throw new UnreachableException($"{errno} has no words"),
    };
}
