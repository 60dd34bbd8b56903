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
    /// <summary>Descriptors are moved here first, so that none overwrites another.</summary>
    private const int OutOfTheWay = 64;

    private const int FirstMoved = 3;

    /// <summary>
    /// Executes <paramref name="executable"/> with an empty environment. The descriptors become 3, 4 and so on in their order; 0, 1 and 2
    /// stay what they are, and everything else that is marked so is closed.
    /// </summary>
    /// <exception cref="LinuxException">It did not happen; descriptors from 3 on may have changed, so end the process.</exception>
    [DoesNotReturn]
    public static void Replace(SafeHandle executable, string processName, ImmutableArray<SafeHandle> descriptors)
    {
        int program = Move(executable);
        int[] moved = [.. descriptors.Select(Move)];
        for (int i = 0; i < moved.Length; i++)
        {
            LinuxException.Check(Libc.Duplicate(moved[i], FirstMoved + i, 0), "dup3");
        }

        // The empty path, then the array of arguments with one entry, whose end is the empty environment, then the name.
        byte[] name = Encoding.UTF8.GetBytes(processName);
        using var memory = NativeMapping.Anonymous(24 + name.Length + 1);
        Span<byte> bytes = memory.Bytes();
        MemoryMarshal.Write(bytes[8..], (long)(memory.Address + 24));
        name.CopyTo(bytes[24..]);
        nint arguments = memory.Address + 8;
        Libc.ExecuteAt(Libc.CallExecveat, program, memory.Address, arguments, arguments + 8, Libc.ExecEmptyPath);
        throw new LinuxException("execveat", processName, Marshal.GetLastPInvokeError());
    }

    private static int Move(SafeHandle handle) => LinuxException.Check(
        Libc.Fcntl(handle, Libc.FcntlDuplicateCloseOnExec, OutOfTheWay), "fcntl(F_DUPFD_CLOEXEC)");
}
