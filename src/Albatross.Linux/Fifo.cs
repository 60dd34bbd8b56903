using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>The console of a unikernel: a FIFO between its tender and the console service (fifo(7)).</summary>
public sealed class Fifo : OwnedDescriptor
{
    private const int NoSuchFile = 2;
    private const int AlreadyExists = 17;
    private const int TryAgain = 11;

    private Fifo(int descriptor)
        : base(descriptor) { }

    /// <summary>
    /// Makes a new FIFO at <paramref name="path"/> with mode 0640, in the place of an older FIFO; another kind of file is
    /// left alone and refused.
    /// </summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static void Create(string path)
    {
        Remove(path);
        LinuxException.Check(Libc.MakeFifo(path, Convert.ToUInt32("640", 8)), "mkfifo", path);
    }

    /// <summary>Removes the FIFO at <paramref name="path"/>; nothing there is good, another kind of file is refused.</summary>
    /// <exception cref="LinuxException">The file is no FIFO (EEXIST), or the host said no.</exception>
    public static void Remove(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists && file.LinkTarget is null)
        {
            return;
        }

        if (!IsFifo(path))
        {
            throw new LinuxException("mkfifo", path, AlreadyExists);
        }

        int result = Libc.Unlink(path);
        if (result < 0 && Marshal.GetLastPInvokeError() != NoSuchFile)
        {
            LinuxException.Check(result, "unlink", path);
        }
    }

    /// <summary>
    /// Opens the writer's end for reading and writing, so that a reader that dies means waiting and never an error
    /// (findings: the original's tenders become zombies there).
    /// </summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static Fifo OpenForWriter(string path) => Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec | Libc.OpenNoFollow);

    /// <summary>Opens the reader's end without waiting for a writer.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static Fifo OpenForReader(string path) => Open(path, Libc.OpenNonBlocking | Libc.OpenCloseOnExec | Libc.OpenNoFollow);

    /// <summary>Reads what is there: the number of bytes, 0 when no writer is left, or null when nothing is there yet.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public int? Read(Span<byte> buffer)
    {
        nint count = Libc.ReadBytes(this, buffer, buffer.Length);
        if (count < 0 && Marshal.GetLastPInvokeError() == TryAgain)
        {
            return null;
        }

        return LinuxException.Check((int)count, "read", "FIFO");
    }

    private static Fifo Open(string path, int flags) => new(LinuxException.Check(Libc.OpenPath(path, flags), "open", path));

    /// <summary>Which FIFO this is, as long as it is open: device and inode.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public (ulong Device, ulong Inode) Identity
    {
        get
        {
            Span<byte> stat = stackalloc byte[256];
            LinuxException.Check(Libc.Status(Number, stat), "fstat", "FIFO");
            return (MemoryMarshal.Read<ulong>(stat), MemoryMarshal.Read<ulong>(stat[8..]));
        }
    }

    // Opening with O_PATH never waits and never touches a device; st_mode is at offset 24 on x86-64 (struct stat).
    private static bool IsFifo(string path)
    {
        const int FormatMask = 0xF000;
        const int FifoFormat = 0x1000;
        Span<byte> stat = stackalloc byte[256];
        LinuxException.Check(Libc.LinkStatus(path, stat), "lstat", path);
        return (MemoryMarshal.Read<uint>(stat[24..]) & FormatMask) == FifoFormat;
    }
}
