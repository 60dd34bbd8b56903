using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>
/// A process held by descriptor (pidfd_open(2)), so that its number cannot be reused under us. The descriptor becomes readable when the
/// process has ended: give it to epoll.
/// </summary>
public sealed class ProcessDescriptor : OwnedDescriptor
{
    internal ProcessDescriptor(int descriptor, int processId)
        : base(descriptor) => ProcessId = processId;

    /// <summary>Its number, for /proc and for people; after its end the number may mean another process.</summary>
    public int ProcessId { get; }

    /// <summary>Opens the process <paramref name="processId"/> (Linux 5.3), which need not be a child.</summary>
    /// <exception cref="LinuxException">ESRCH: no such process.</exception>
    public static ProcessDescriptor Open(int processId)
    {
        int descriptor = (int)Libc.PidfdOpen(Libc.CallPidfdOpen, processId, 0);
        return new ProcessDescriptor(LinuxException.Check(descriptor, "pidfd_open", $"{processId}"), processId);
    }

    /// <summary>Sends <paramref name="signal"/>, SIGTERM is 15; false if the process has ended already.</summary>
    /// <exception cref="LinuxException">Not permitted, or no such signal.</exception>
    public bool Signal(int signal)
    {
        const int NoSuchProcess = 3;
        nint result = Libc.PidfdSendSignal(Libc.CallPidfdSendSignal, this, signal, 0, 0);
        if (result < 0 && Marshal.GetLastPInvokeError() == NoSuchProcess)
        {
            return false;
        }

        LinuxException.Check((int)result, "pidfd_send_signal", $"{ProcessId}");
        return true;
    }

    /// <summary>Waits until the process, a child of ours, has ended, and takes its status; once only. Blocks the thread.</summary>
    /// <exception cref="LinuxException">ECHILD: no child of ours, or its status was taken before.</exception>
    public ProcessExit Wait()
    {
        // siginfo_t: si_code at 8, si_status at 24.
        Span<byte> information = stackalloc byte[128];
        while (Libc.WaitId(Libc.WaitByPidfd, this, information, Libc.WaitExited) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Libc.Interrupted)
            {
                throw new LinuxException("waitid", $"{ProcessId}", error);
            }
        }

        int status = BinaryPrimitives.ReadInt32LittleEndian(information[24..]);
        return BinaryPrimitives.ReadInt32LittleEndian(information[8..]) == Libc.ChildExited
            ? new ProcessExit(ProcessExitKind.Exited, status)
            : new ProcessExit(ProcessExitKind.Killed, status);
    }

    /// <summary>
    /// How a process ended that is no child of ours; null as long as it has not, and when the kernel does not tell: before Linux 6.15 it
    /// forgets the status when the process's parent has taken it.
    /// </summary>
    public ProcessExit? ExitOfOther() => InformationOfEnd() ?? StatusOfZombie() ?? InformationOfEnd();

    // A process that its parent has not waited for yet keeps its number: as long as it can be signalled, the number means it.
    private ProcessExit? StatusOfZombie()
    {
        const int NoSignal = 0;
        return ProcessStatus.Of(ProcessId) is { State: 'Z' } status && Signal(NoSignal) ? ExitOf(status.WaitStatus) : null;
    }

    private ProcessExit? InformationOfEnd()
    {
        // struct pidfd_info of include/uapi/linux/pidfd.h: mask at 0, exit_code, as of wait(2), at 60. The size is a part of the number.
        const int InfoBytes = 64, ExitCodeAt = 60;
        const nuint GetInfo = 0xC000_FF0B | (InfoBytes << 16);
        const ulong ExitInformation = 8;
        Span<byte> information = stackalloc byte[InfoBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(information, ExitInformation);
        bool isKnown = Libc.Control(this, GetInfo, information) == 0
            && (BinaryPrimitives.ReadUInt64LittleEndian(information) & ExitInformation) != 0;
        return isKnown ? ExitOf(BinaryPrimitives.ReadInt32LittleEndian(information[ExitCodeAt..])) : null;
    }

    private static ProcessExit ExitOf(int waitStatus)
    {
        const int SignalBits = 0x7F, ExitShift = 8, ExitMask = 0xFF;
        return (waitStatus & SignalBits) switch
        {
            0 => new ProcessExit(ProcessExitKind.Exited, (waitStatus >> ExitShift) & ExitMask),
            var signal => new ProcessExit(ProcessExitKind.Killed, signal),
        };
    }

    /// <summary>
    /// Waits up to <paramref name="timeoutMs"/> milliseconds for the end, without taking the status; works for any process.
    /// </summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public bool HasEnded(int timeoutMs = 0)
    {
        var entry = new PollEntry { Descriptor = Number, Events = Libc.PollIn };
        int ready = Libc.Poll(ref entry, 1, timeoutMs);
        if (ready < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
        {
            return false;
        }

        return LinuxException.Check(ready, "poll", $"{ProcessId}") > 0;
    }
}

/// <summary>How a process ended.</summary>
public enum ProcessExitKind
{
    /// <summary>By itself, with a status.</summary>
    Exited,

    /// <summary>By a signal.</summary>
    Killed,
}

/// <summary>The end of a process.</summary>
/// <param name="Kind">By itself or by a signal.</param>
/// <param name="Number">Its status, 0 to 255, or the signal's number.</param>
public readonly record struct ProcessExit(ProcessExitKind Kind, int Number)
{
    /// <summary>As a shell reports it: the status, or 128 and the signal's number.</summary>
    public int ShellStatus => Kind == ProcessExitKind.Exited ? Number : 128 + Number;

    /// <inheritdoc/>
    public override string ToString() => Kind == ProcessExitKind.Exited ? $"status {Number}" : $"signal {Number}";
}
