namespace Albatross.Solo5.Launch;

/// <summary>Linux system calls on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl).</summary>
internal static class SystemCallNumber
{
    internal const int Read = 0;
    internal const int Write = 1;
    internal const int Close = 3;
    internal const int Mmap = 9;
    internal const int Mprotect = 10;
    internal const int Munmap = 11;
    internal const int RtSigprocmask = 14;
    internal const int Ioctl = 16;
    internal const int Pread = 17;
    internal const int Pwrite = 18;
    internal const int Execve = 59;
    internal const int Fchdir = 81;
    internal const int Setgroups = 116;
    internal const int Setresuid = 117;
    internal const int Setresgid = 119;
    internal const int Capset = 126;
    internal const int Prctl = 157;
    internal const int ArchPrctl = 158;
    internal const int Setrlimit = 160;
    internal const int Chroot = 161;
    internal const int SchedSetaffinity = 203;
    internal const int ClockGettime = 228;
    internal const int ExitGroup = 231;
    internal const int EpollCtl = 233;
    internal const int Ppoll = 271;
    internal const int Unshare = 272;
    internal const int EpollPwait = 281;
    internal const int TimerfdCreate = 283;
    internal const int TimerfdSettime = 286;
    internal const int EpollCreate1 = 291;
    internal const int Dup3 = 292;
    internal const int Seccomp = 317;
    internal const int Clone3 = 435;
    internal const int CloseRange = 436;
    internal const int LandlockCreateRuleset = 444;
    internal const int LandlockRestrictSelf = 446;
}
