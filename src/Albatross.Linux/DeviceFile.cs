using System.Text;

namespace Albatross.Linux;

/// <summary>A file of the host opened by its path, as descriptors that are handed to a tender.</summary>
public sealed class DeviceFile : OwnedDescriptor
{
    private DeviceFile(int descriptor)
        : base(descriptor) { }

    /// <summary>Opens for reading; symbolic links are followed.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static DeviceFile OpenForReading(string path) => Open(path, Libc.OpenCloseOnExec);

    /// <summary>As <see cref="OpenForReading(string)"/>, for a path that may be no UTF-8; it must contain no NUL.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static DeviceFile OpenForReading(ReadOnlySpan<byte> path)
    {
        byte[] terminated = [.. path, 0];
        int descriptor = Libc.OpenPath(terminated, Libc.OpenCloseOnExec);
        return new DeviceFile(LinuxException.Check(descriptor, "open", Encoding.UTF8.GetString(path)));
    }

    /// <summary>Opens /dev/null for reading and writing.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static DeviceFile OpenNull() => Open("/dev/null", Libc.OpenReadWrite | Libc.OpenCloseOnExec);

    /// <summary>The first bytes of a file opened for reading, at most <paramref name="limit"/>.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public ReadOnlySpan<byte> ReadHead(int limit)
    {
        var bytes = new byte[limit];
        int count = LinuxException.Check((int)Libc.ReadBytes(this, bytes, limit), "read");
        return bytes.AsSpan(0, count);
    }

    private static DeviceFile Open(string path, int flags) => new(LinuxException.Check(Libc.OpenPath(path, flags), "open", path));
}
