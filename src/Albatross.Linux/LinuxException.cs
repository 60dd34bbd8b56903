using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>The kernel said no: the call, its subject and errno as one sentence.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>A call that failed.</summary>
    /// <param name="call">The system call.</param>
    /// <param name="subject">The file, device or process that it was about; null when there is none.</param>
    /// <param name="errno">The error number (errno(3)).</param>
    public LinuxException(string call, string? subject, int errno)
        : base($"{call}{(subject is null ? "" : " " + subject)}: {Marshal.GetPInvokeErrorMessage(errno)}")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The system call.</summary>
    public string Call { get; }

    /// <summary>The error number (errno(3)).</summary>
    public int Errno { get; }

    /// <summary>The result of a call, or its failure thrown.</summary>
    internal static int Check(int result, string call, string? subject = null) =>
        result >= 0 ? result : throw new LinuxException(call, subject, Marshal.GetLastPInvokeError());
}
