using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>ioctl(2) on /dev/kvm, and timers.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    internal static partial int CreateTimer(int clock, int flags);
}
