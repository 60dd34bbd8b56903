using System.Runtime.InteropServices;

namespace Albatross.Linux;

internal static partial class Libc
{
    // fcntl.h of x86-64
    internal const int OpenReadWrite = 2;
    internal const int OpenNonBlocking = 0x800;
    internal const int OpenNoFollow = 0x20000;
    internal const int OpenCloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "lstat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkStatus(string path, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadBytes(SafeHandle descriptor, Span<byte> buffer, nint count);
}
