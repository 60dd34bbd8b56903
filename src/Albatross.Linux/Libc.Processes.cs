using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>struct pollfd of poll.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    internal int Descriptor;
    internal short Events;
    internal short Results;
}

/// <summary>Processes: starting, waiting, signals. Calls for which glibc has no function of old go through syscall(2).</summary>
internal static partial class Libc
{
    // asm/unistd_64.h
    internal const int CallSigprocmask = 14;
    internal const int CallFlock = 73;
    internal const int CallSetsid = 112;
    internal const int CallSchedSetaffinity = 203;
    internal const int CallSchedGetaffinity = 204;
    internal const int CallDup3 = 292;
    internal const int CallExecveat = 322;
    internal const int CallPidfdSendSignal = 424;
    internal const int CallPidfdOpen = 434;
    internal const int CallCloseRange = 436;

    // wait.h, fcntl.h, poll.h
    internal const int WaitByPidfd = 3;
    internal const int WaitExited = 4;
    internal const int ChildExited = 1;
    internal const int ExecEmptyPath = 0x1000;
    internal const short PollIn = 1;
    internal const int SetSignalMask = 2;

    /// <summary>Bytes of the kernel's sigset_t.</summary>
    internal const int SignalSetBytes = 8;

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    internal static partial int WaitId(int kind, SafeHandle pidfd, Span<byte> information, int options);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(ref PollEntry entries, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidfdOpen(nint number, nint processId, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidfdSendSignal(nint number, SafeHandle pidfd, nint signal, nint information, nint flags);

    /// <summary>The kernel's own call, because glibc's keeps some signals unblocked.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SetSignals(nint number, nint how, in ulong set, ref ulong old, nint setBytes);

    /// <summary>The kernel's own call, which gives the number of bytes that it filled in.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint GetAffinity(nint number, nint thread, nint maskBytes, Span<byte> mask);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SetAffinity(nint number, nint thread, nint maskBytes, ReadOnlySpan<byte> mask);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint ExecuteAt(nint number, nint directory, nint path, nint arguments, nint environment, nint flags);
}
