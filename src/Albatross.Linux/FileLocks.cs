using System.Globalization;

namespace Albatross.Linux;

/// <summary>
/// Advisory locks of open files (flock(2)). Such a lock stays as long as anybody has the open file, also by inheriting it, and the kernel
/// says in /proc/locks which process took it: so whoever has a file open can be found without a right to look into its process.
/// </summary>
public static class FileLocks
{
    private const int TryAgain = 11;

    /// <summary>
    /// Takes the lock, or changes the one that <paramref name="file"/> has; false when another open file has one that conflicts.
    /// </summary>
    /// <param name="file">An open file; the lock goes with its last descriptor, here and in children.</param>
    /// <param name="exclusively">Whether nobody else may have one; otherwise nobody may have an exclusive one.</param>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static bool TryTake(OwnedDescriptor file, bool exclusively)
    {
        int kind = exclusively ? Libc.LockExclusive : Libc.LockShared;
        int result = Libc.Lock(file, kind | Libc.LockNonBlocking);
        if (result < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == TryAgain)
        {
            return false;
        }

        LinuxException.Check(result, "flock");
        return true;
    }

    /// <summary>
    /// The processes that took a lock of the same file, without this one. <paramref name="file"/> has to have one itself, because only the
    /// kernel knows what it calls the file there.
    /// </summary>
    public static IReadOnlyList<int> OtherHolders(OwnedDescriptor file)
    {
        string? own = File.ReadLines($"/proc/self/fdinfo/{file.Number}")
            .Where(line => line.StartsWith("lock:", StringComparison.Ordinal))
            .Select(line => Parse(line.AsSpan(5))?.File)
            .FirstOrDefault(name => name is not null);
        return own is null
            ? throw new InvalidOperationException("a file without a lock of its own was asked for others")
            : [.. File.ReadLines("/proc/locks")
                .Select(line => Parse(line))
                .Where(held => held?.File == own && held.ProcessId != Environment.ProcessId)
                .Select(held => held!.ProcessId)];
    }

    /// <summary>
    /// Reads a line of /proc/locks (proc(5)) such as <c>1: FLOCK  ADVISORY  READ 2866 fe:00:1169 0 EOF</c>; null when it is of another kind
    /// of lock, or of somebody who waits for one.
    /// </summary>
    public static HeldLock? Parse(ReadOnlySpan<char> line)
    {
        string[] words = line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words is [_, "FLOCK", _, _, var process, var file, ..]
            && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            ? new HeldLock(processId, file)
            : null;
    }
}

/// <summary>A lock that is held.</summary>
/// <param name="ProcessId">Who took it.</param>
/// <param name="File">The kernel's name of the file: device and inode.</param>
public sealed record HeldLock(int ProcessId, string File);
