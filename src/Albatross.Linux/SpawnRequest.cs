using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>A child to start.</summary>
public sealed record SpawnRequest
{
    /// <summary>The executable, an ELF file held by descriptor; null when <see cref="ProgramPath"/> names it.</summary>
    public SafeHandle? Executable { get; init; }

    /// <summary>The executable, a file of the host, scripts included; null when it is held by descriptor.</summary>
    public string? ProgramPath { get; init; }

    /// <summary>The child's first argument, argv[0].</summary>
    public required string ProcessName { get; init; }

    /// <summary>Its further arguments, bytes without NUL. Everybody on the host can read them in /proc.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Arguments { get; init; } = [];

    /// <summary>What the child has open: the handle at index i becomes descriptor i. A handle may stand at several indices.</summary>
    public required ImmutableArray<SafeHandle> Descriptors { get; init; }

    /// <summary>
    /// Which of its descriptors the child takes a shared lock of before it executes (<see cref="FileLocks"/>); null for none. It is to be
    /// an open file that has an exclusive one: then the file is never without a lock, and from some moment on it is the child's.
    /// </summary>
    public int? LockedDescriptor { get; init; }

    /// <summary>
    /// More system calls for the child, played when its descriptors are in place and just before it executes: rows of 64 bytes, number u32,
    /// 4 unused bytes, six arguments u64, mode u32 (0: must succeed, 1: any result), 4 unused bytes. They cannot point to memory.
    /// </summary>
    public ReadOnlyMemory<byte> Rows { get; init; }
}
