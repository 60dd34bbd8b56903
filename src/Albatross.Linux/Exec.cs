using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Albatross.Linux;

/// <summary>
/// Replaces the running program (execveat(2)); the process keeps its number, and so its parent sees the new program's status.
/// </summary>
public static class Exec
{
    /// <summary>
    /// Duplicates that the next program inherits, in their order; each number is <paramref name="lowest"/> or more. That program puts them
    /// where it wants them: to overwrite a number in this process would take a file away from the runtime (seen as SIGBUS).
    /// </summary>
    /// <exception cref="LinuxException">No descriptor is left.</exception>
    public static ImmutableArray<int> Inherit(ImmutableArray<SafeHandle> descriptors, int lowest) =>
        [.. descriptors.Select(handle => LinuxException.Check(Libc.Fcntl(handle, Libc.FcntlDuplicate, lowest), "fcntl(F_DUPFD)"))];

    /// <summary>
    /// Executes <paramref name="executable"/> with an empty environment. Descriptors that are marked so are closed, all others stay.
    /// </summary>
    /// <exception cref="LinuxException">It did not happen.</exception>
    [DoesNotReturn]
    public static void Replace(OwnedDescriptor executable, string processName)
    {
        // The empty path, then the array of arguments with one entry, whose end is the empty environment, then the name.
        byte[] name = Encoding.UTF8.GetBytes(processName);
        using var memory = NativeMapping.Anonymous(24 + name.Length + 1);
        Span<byte> bytes = memory.Bytes();
        MemoryMarshal.Write(bytes[8..], (long)(memory.Address + 24));
        name.CopyTo(bytes[24..]);
        nint arguments = memory.Address + 8;
        Libc.ExecuteAt(Libc.CallExecveat, executable.Number, memory.Address, arguments, arguments + 8, Libc.ExecEmptyPath);
        throw new LinuxException("execveat", processName, Marshal.GetLastPInvokeError());
    }
}
