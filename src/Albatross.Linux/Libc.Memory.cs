using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>Memory and files in memory: mmap(2), memfd_create(2), fcntl(2).</summary>
internal static partial class Libc
{
    // sys/mman.h
    internal const int ProtectRead = 1;
    internal const int ProtectWrite = 2;
    internal const int ProtectExecute = 4;
    internal const int MapShared = 1;
    internal const int MapPrivate = 2;
    internal const int MapAnonymous = 0x20;
    internal const nint MapFailed = -1;
    internal const uint MemoryFileCloseOnExec = 0x1;
    internal const uint MemoryFileAllowSealing = 0x2;
    internal const uint MemoryFileNoExecuteSeal = 0x8;
    internal const uint MemoryFileExecutable = 0x10;

    // fcntl.h
    internal const int FcntlGetDescriptorFlags = 1;
    internal const int FcntlDuplicate = 0;
    internal const int FcntlAddSeals = 1033;
    internal const int AllSeals = 0xf;

    // errno.h
    internal const int Interrupted = 4;
    internal const int BadDescriptor = 9;
    internal const int InvalidArgument = 22;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int CreateMemoryFile(string name, uint flags);

    /// <summary>open(2) with a path that ends in NUL.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int OpenPath(ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(SafeHandle descriptor, long length);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(SafeHandle descriptor, ReadOnlySpan<byte> bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint WriteBytes(int descriptor, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int descriptor, int command, long argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(SafeHandle descriptor, int command, long argument);
}
