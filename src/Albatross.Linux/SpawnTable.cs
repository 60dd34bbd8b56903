using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Albatross.Linux;

/// <summary>
/// The memory of one start, which parent and child share until the child executes: arguments of clone3, the rows that the child plays and
/// its report. It lies still, and nothing in it is managed.
/// </summary>
internal sealed class SpawnTable : IDisposable
{
    private const int RowBytes = 64;
    private const int RowMode = 56;
    private const int CloneArgumentsAt = 0;
    private const int PidfdAt = 96;
    private const int ReportAt = 104;
    private const int SignalSetAt = 120;
    private const int RowsAt = 128;
    private const int PointerBytes = 8;

    // sched.h
    private const ulong CloneSharedMemory = 0x100;
    private const ulong ClonePidfd = 0x1000;
    private const ulong CloneWaitForExec = 0x4000;
    private const ulong CloneClearHandlers = 0x1_0000_0000;
    private const ulong ChildSignal = 17;

    private readonly NativeMapping _memory;
    private readonly List<string> _rowNames = [];
    private readonly int _argumentsAt;
    private readonly int _environmentAt;
    private readonly int _pathAt;
    private int _end = RowsAt;

    /// <summary>
    /// Memory for <paramref name="rowCount"/> rows, the path of the program, empty if it is held by descriptor, and its arguments.
    /// </summary>
    /// <exception cref="LinuxException">No memory is left.</exception>
    internal SpawnTable(int rowCount, ReadOnlyMemory<byte> path, ImmutableArray<ReadOnlyMemory<byte>> arguments)
    {
        // The pointers to the arguments with the null behind them, which is also the empty environment; then every string.
        _argumentsAt = RowsAt + (rowCount * RowBytes);
        _environmentAt = _argumentsAt + (arguments.Length * PointerBytes);
        _pathAt = _environmentAt + PointerBytes;
        _memory = NativeMapping.Anonymous(_pathAt + path.Length + 1 + arguments.Sum(argument => argument.Length + 1));
        path.Span.CopyTo(_memory.Bytes()[_pathAt..]);
        int at = _pathAt + path.Length + 1;
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i].Span.CopyTo(_memory.Bytes()[at..]);
            Put(_argumentsAt + (i * PointerBytes), (ulong)(_memory.Address + at));
            at += arguments[i].Length + 1;
        }

        Put(CloneArgumentsAt, CloneSharedMemory | ClonePidfd | CloneWaitForExec | CloneClearHandlers);
        Put(CloneArgumentsAt + 8, (ulong)(_memory.Address + PidfdAt));
        Put(CloneArgumentsAt + 32, ChildSignal);
    }

    internal nint CloneArguments => _memory.Address + CloneArgumentsAt;

    internal nint FirstRow => _memory.Address + RowsAt;

    internal nint Report => _memory.Address + ReportAt;

    /// <summary>The descriptor of the child, once it was made.</summary>
    internal int Pidfd => BinaryPrimitives.ReadInt32LittleEndian(_memory.Bytes()[PidfdAt..]);

    /// <summary>Null if every row succeeded, else which one failed and why.</summary>
    internal (string Row, int Errno)? Failure
    {
        get
        {
            Span<byte> bytes = _memory.Bytes();
            long row = BinaryPrimitives.ReadInt64LittleEndian(bytes[ReportAt..]);
            long result = BinaryPrimitives.ReadInt64LittleEndian(bytes[(ReportAt + 8)..]);
            return row == 0 ? null : (_rowNames[(int)((row - FirstRow) / RowBytes)], (int)-result);
        }
    }

    /// <summary>Adds a system call that must succeed.</summary>
    internal void Add(string name, int number, params ReadOnlySpan<long> arguments)
    {
        Span<byte> row = _memory.Bytes().Slice(_end, RowBytes);
        BinaryPrimitives.WriteInt32LittleEndian(row, number);
        for (int i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(row[(8 + (8 * i))..], arguments[i]);
        }

        Next(name);
    }

    /// <summary>Adds rows that somebody else wrote.</summary>
    internal void Add(ReadOnlySpan<byte> rows)
    {
        for (int at = 0; at < rows.Length; at += RowBytes)
        {
            ReadOnlySpan<byte> row = rows.Slice(at, RowBytes);
            row[..RowMode].CopyTo(_memory.Bytes()[_end..]);
            row.Slice(RowMode, 4).CopyTo(_memory.Bytes()[(_end + RowMode)..]);
            Next($"system call {BinaryPrimitives.ReadInt32LittleEndian(row)}");
        }
    }

    /// <summary>
    /// Adds the last rows: no signal blocked any more, then the program takes over, by its <paramref name="descriptor"/> or, without one,
    /// by its path.
    /// </summary>
    internal void AddExecute(int? descriptor)
    {
        const int WorkingDirectory = -100;
        long path = _memory.Address + _pathAt;
        long arguments = _memory.Address + _argumentsAt;
        long environment = _memory.Address + _environmentAt;
        Add("rt_sigprocmask", Libc.CallSigprocmask, Libc.SetSignalMask, _memory.Address + SignalSetAt, 0, Libc.SignalSetBytes);
        Add(
            "execveat",
            Libc.CallExecveat,
            descriptor ?? WorkingDirectory,
            path,
            arguments,
            environment,
            descriptor is null ? 0 : Libc.ExecEmptyPath);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private void Next(string name)
    {
        _rowNames.Add(name);
        _end += RowBytes;
    }

    private void Put(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_memory.Bytes()[at..], value);
}
