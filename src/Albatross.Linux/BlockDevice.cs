using System.Runtime.InteropServices;
using System.Text;

namespace Albatross.Linux;

/// <summary>A block device or a file in its place, opened for reading and writing.</summary>
public sealed class BlockDevice : OwnedDescriptor
{
    private BlockDevice(int descriptor)
        : base(descriptor) { }

    /// <summary>Its size when it was opened.</summary>
    public ulong CapacityBytes { get; private set; }

    /// <summary>Opens <paramref name="path"/>, which may be no UTF-8 and must contain no NUL; symbolic links are followed.</summary>
    /// <exception cref="LinuxException">It cannot be opened, or has no size (a pipe, a terminal).</exception>
    public static BlockDevice Open(ReadOnlySpan<byte> path)
    {
        byte[] terminated = [.. path, 0];
        string name = Encoding.UTF8.GetString(path);
        int descriptor = Libc.OpenPath(terminated, Libc.OpenReadWrite | Libc.OpenCloseOnExec);
        var device = new BlockDevice(LinuxException.Check(descriptor, "open", name));
        long end = Libc.Seek(device, 0, Libc.SeekEnd);
        if (end < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            device.Dispose();
            throw new LinuxException("lseek", name, error);
        }

        device.CapacityBytes = (ulong)end;
        return device;
    }
}
