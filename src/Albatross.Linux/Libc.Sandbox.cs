using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>What a sandbox is made of: prctl(2), landlock(7), directories without a name.</summary>
internal static partial class Libc
{
    // asm/unistd_64.h; glibc has no functions for these.
    internal const int CallLandlockCreateRuleset = 444;
    internal const int CallLandlockAddRule = 445;

    // linux/landlock.h
    internal const int LandlockAskVersion = 1;
    internal const int LandlockPathBeneath = 1;

    // linux/prctl.h
    internal const int PrctlGetExecGainRefusal = 66;

    // fcntl.h
    internal const int OpenDirectory = 0x10000;
    internal const int OpenPathOnly = 0x200000;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint CreateRuleset(nint number, ReadOnlySpan<byte> attributes, nint size, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint AddRule(nint number, SafeHandle ruleset, nint type, ReadOnlySpan<byte> attributes, nint flags);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    /// <summary>mkdtemp(3): the template is changed in place.</summary>
    [LibraryImport("libc", EntryPoint = "mkdtemp", SetLastError = true)]
    internal static partial nint MakeTemporaryDirectory(Span<byte> template);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true)]
    internal static partial int RemoveDirectory(ReadOnlySpan<byte> path);
}
