using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>Taps and block devices: socket(2), netdevice(7), lseek(2).</summary>
internal static partial class Libc
{
    // fcntl.h, unistd.h
    internal const int FcntlGetFlags = 3;
    internal const int FcntlSetFlags = 4;
    internal const int SeekEnd = 2;

    // sys/socket.h
    internal const int FamilyInternet = 2;
    internal const int SocketDatagram = 2;
    internal const int SocketCloseOnExec = 0x80000;

    // errno.h
    internal const int NoSuchEntry = 2;
    internal const int NoSuchDevice = 19;
    internal const int NameTooLong = 36;
    internal const int NetworkDown = 100;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeHandle descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    internal static partial int Status(int descriptor, Span<byte> status);
}
