using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>A directory of the host, which only its owner may enter.</summary>
public sealed class DurableDirectory : IDurableDirectory
{
    private const uint OwnerOnly = 0x180;                       // 0600
    private const int NoSuchFile = 2;

    private readonly string _path;

    private DurableDirectory(string path) => _path = path;

    /// <summary>Opens the directory at <paramref name="path"/> and makes it with mode 0700 if it is not there.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    public static DurableDirectory Open(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new DurableDirectory(path);
    }

    /// <summary>Whether files of it can be mapped to be executed: not where the file system is mounted with noexec.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public bool AllowsExecution
    {
        get
        {
            const int Words = 14, FlagsWord = 9;             // struct statvfs of x86-64
            const ulong NoExecution = 8;                     // ST_NOEXEC
            Span<ulong> status = stackalloc ulong[Words];
            LinuxException.Check(Libc.FileSystemStatus(_path, status), "statvfs", _path);
            return (status[FlagsWord] & NoExecution) == 0;
        }
    }

    /// <summary>The names of the files in it, ascending.</summary>
    public IEnumerable<string> Names =>
        Directory.EnumerateFiles(_path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    /// <inheritdoc/>
    public byte[]? Read(string name)
    {
        try
        {
            return File.ReadAllBytes(PathOf(name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Write(string name, ReadOnlySpan<byte> content)
    {
        using OwnedDescriptor file = Open(name, Libc.OpenWriteOnly | Libc.OpenCreate | Libc.OpenTruncate);
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(file.Number, ownsHandle: false);
        RandomAccess.Write(handle, content, 0);
    }

    /// <inheritdoc/>
    public void Synchronize(string name)
    {
        using OwnedDescriptor file = Open(name, Libc.OpenWriteOnly);
        LinuxException.Check(Libc.Synchronize(file), "fsync", name);
    }

    /// <inheritdoc/>
    public void Rename(string source, string target) =>
        LinuxException.Check(Libc.Rename(PathOf(source), PathOf(target)), "rename", source);

    /// <inheritdoc/>
    public void SynchronizeNames()
    {
        using var directory = new OwnedDescriptor(
            LinuxException.Check(Libc.OpenPath(_path, Libc.OpenDirectory | Libc.OpenCloseOnExec), "open", _path));
        LinuxException.Check(Libc.Synchronize(directory), "fsync", _path);
    }

    /// <summary>Opens a file to read and map it.</summary>
    /// <exception cref="LinuxException">There is none (ENOENT), or the host said no.</exception>
    public StoredFile OpenFile(string name)
    {
        string path = PathOf(name);
        int flags = Libc.OpenCloseOnExec | Libc.OpenNoFollow;
        return new StoredFile(LinuxException.Check(Libc.OpenPath(path, flags), "open", path), new FileInfo(path).Length);
    }

    /// <summary>Removes a file; nothing there is good.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public void Remove(string name)
    {
        int result = Libc.Unlink(PathOf(name));
        if (result < 0 && Marshal.GetLastPInvokeError() != NoSuchFile)
        {
            LinuxException.Check(result, "unlink", name);
        }
    }

    private OwnedDescriptor Open(string name, int flags) => new(LinuxException.Check(
        Libc.OpenPathWithMode(PathOf(name), flags | Libc.OpenNoFollow | Libc.OpenCloseOnExec, OwnerOnly), "open", name));

    private string PathOf(string name) => Path.Combine(_path, name);
}

/// <summary>A file of a <see cref="DurableDirectory"/> that nobody changes as long as it is there.</summary>
public sealed class StoredFile : MappableFile
{
    internal StoredFile(int descriptor, long lengthBytes)
        : base(descriptor) => LengthBytes = (int)Math.Min(lengthBytes, int.MaxValue);
}
