using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>struct epoll_event of sys/epoll.h, packed on x86-64.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    internal uint Events;
    internal ulong Data;
}

internal static partial class Libc
{
    // sys/epoll.h and sys/eventfd.h
    internal const int EpollCloseOnExec = 0x80000;
    internal const int EventFdCloseOnExec = 0x80000;
    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;
    internal const int EpollModify = 3;
    internal const uint EpollIn = 1;
    internal const uint EpollOneShot = 1u << 30;

    internal static void WriteEvent(SafeHandle eventFd, ulong value) => WriteWord(eventFd, in value, sizeof(ulong));

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(SafeHandle epoll, int operation, SafeHandle descriptor, ref EpollEvent wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(SafeHandle epoll, Span<EpollEvent> events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteWord(SafeHandle descriptor, in ulong value, nint size);
}
