using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Albatross.Linux;

/// <summary>
/// Starts children from a process with many threads and a garbage collector, in a tenth of the time of fork. The child shares the parent's
/// memory until it executes (clone3(2) with CLONE_VM and CLONE_VFORK), so it runs no managed code: a few machine instructions play a
/// prepared table of system calls. Safe for any number of threads at once.
/// </summary>
public sealed class Spawner : IDisposable
{
    private const int RowBytes = 64;
    private const int CloseOnExec = 0x80000;
    private const int CloseRangeOnExec = 4;

    private readonly NativeMapping _stub;

    /// <summary>Makes <paramref name="stub"/> executable: the machine code of <c>LauncherCode.SpawnStub</c> in Albatross.Solo5.</summary>
    /// <exception cref="LinuxException">No memory is left, or the host forbids executable memory.</exception>
    public Spawner(ReadOnlySpan<byte> stub)
    {
        _stub = NativeMapping.Anonymous(stub.Length);
        stub.CopyTo(_stub.Bytes());
        _stub.MakeExecutable();
    }

    /// <summary>
    /// Starts a child in a session of its own, with the default action for every signal that is not ignored, with nothing open but the
    /// request's descriptors and with an empty environment. Returns when it has executed.
    /// </summary>
    /// <exception cref="LinuxException">clone3 failed, or a system call of the child, which the exception names.</exception>
    public ProcessDescriptor Start(SpawnRequest request)
    {
        if (request.Rows.Length % RowBytes != 0)
        {
            throw new ArgumentException($"rows have {RowBytes} bytes each", nameof(request));
        }

        if (request.Executable is null == request.ProgramPath is null)
        {
            throw new ArgumentException("an executable is held or named, one of both", nameof(request));
        }

        int fixedRows = (2 * request.Descriptors.Length) + 6;
        int rowCount = fixedRows + (request.Rows.Length / RowBytes);
        using var table = new SpawnTable(
            rowCount,
            Encoding.UTF8.GetBytes(request.ProgramPath ?? ""),
            [Encoding.UTF8.GetBytes(request.ProcessName), .. request.Arguments]);
        SafeHandle[] handles = request.Executable is { } executable ? [.. request.Descriptors, executable] : [.. request.Descriptors];
        int held = 0;
        try
        {
            for (; held < handles.Length; held++)
            {
                bool added = false;
                handles[held].DangerousAddRef(ref added);
            }

            Fill(
                table,
                [.. handles.Select(handle => (int)handle.DangerousGetHandle())],
                request);
            return Clone(table, request.ProcessName);
        }
        finally
        {
            while (held > 0)
            {
                handles[--held].DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stub.Dispose();

    /// <summary>
    /// A descriptor's present number may be another one's final number. So all are first moved beyond every number in use here, and only
    /// then to where they belong.
    /// </summary>
    private static void Fill(SpawnTable table, ImmutableArray<int> sources, SpawnRequest request)
    {
        int count = request.Descriptors.Length;
        int high = Math.Max(sources.Max() + 1, sources.Length);
        for (int i = 0; i < sources.Length; i++)
        {
            table.Add($"dup3 of descriptor {sources[i]}", Libc.CallDup3, sources[i], high + i, CloseOnExec);
        }

        for (int i = 0; i < count; i++)
        {
            table.Add($"dup3 to descriptor {i}", Libc.CallDup3, high + i, i, 0);
        }

        table.Add("close_range", Libc.CallCloseRange, count, uint.MaxValue, CloseRangeOnExec);
        table.Add("setsid", Libc.CallSetsid);
        if (request.LockedDescriptor is { } locked)
        {
            table.Add("flock", Libc.CallFlock, locked, Libc.LockShared | Libc.LockNonBlocking);
        }

        table.Add(request.Rows.Span);
        table.AddExecute(sources.Length > count ? high + count : null);
    }

    private ProcessDescriptor Clone(SpawnTable table, string processName)
    {
        int processId = CallStub(table);
        if (processId < 0)
        {
            throw new LinuxException("clone3", processName, -processId);
        }

        var child = new ProcessDescriptor(table.Pidfd, processId);
        if (table.Failure is not var (row, errno))
        {
            return child;
        }

        using (child)
        {
            child.Wait();
        }

        throw new LinuxException($"{row} in the child", processName, errno);
    }

    /// <summary>With every signal blocked: a handler of ours must not run in the child, where its thread does not exist.</summary>
    private int CallStub(SpawnTable table)
    {
        ulong all = ulong.MaxValue, before = 0, ignored = 0;
        Libc.SetSignals(Libc.CallSigprocmask, Libc.SetSignalMask, in all, ref before, Libc.SignalSetBytes);
        try
        {
            unsafe
            {
                // SAFETY: _stub holds the instructions of the spawn stub, read-execute and not closed while this object is used; it keeps
                // to the C calling convention, and its three arguments point into the table, which outlives the call.
                var stub = (delegate* unmanaged<nint, nint, nint, int>)_stub.Address;

                // SAFETY: as above; the call is a transition to native code, so a collection on another thread does not wait for it.
                return stub(table.CloneArguments, table.FirstRow, table.Report);
            }
        }
        finally
        {
            Libc.SetSignals(Libc.CallSigprocmask, Libc.SetSignalMask, in before, ref ignored, Libc.SignalSetBytes);

            // The address alone does not keep the mapping.
            GC.KeepAlive(this);
        }
    }
}
