namespace Albatross.Linux;

/// <summary>
/// A directory that was removed and is only held by this descriptor: nothing is in it, nobody can make anything in it, and its parent is
/// itself. The root for processes that need no files; one is enough for all of them. It cannot be read or listed through this descriptor.
/// </summary>
public sealed class EmptyDirectory : OwnedDescriptor
{
    private static readonly string[] Places = ["/tmp", "/run", "/dev/shm"];

    private EmptyDirectory(int descriptor)
        : base(descriptor) { }

    /// <summary>Makes one, or gives null where this process can make no directory in /tmp, /run or /dev/shm.</summary>
    /// <exception cref="LinuxException">It was made, and then could not be opened or removed.</exception>
    public static EmptyDirectory? TryCreate()
    {
        foreach (string place in Places)
        {
            Span<byte> path = [.. System.Text.Encoding.ASCII.GetBytes($"{place}/albatross-root-XXXXXX"), 0];
            if (Libc.MakeTemporaryDirectory(path) != 0)
            {
                return Take(path, place);
            }
        }

        return null;
    }

    private static EmptyDirectory Take(ReadOnlySpan<byte> path, string place)
    {
        const int Flags = Libc.OpenPathOnly | Libc.OpenDirectory | Libc.OpenNoFollow | Libc.OpenCloseOnExec;
        var directory = new EmptyDirectory(LinuxException.Check(Libc.OpenPath(path, Flags), "open", place));
        if (Libc.RemoveDirectory(path) < 0)
        {
            int error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            directory.Dispose();
            throw new LinuxException("rmdir", place, error);
        }

        return directory;
    }
}
