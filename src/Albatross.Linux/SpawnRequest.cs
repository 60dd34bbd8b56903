using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>A child to start.</summary>
public sealed record SpawnRequest
{
    /// <summary>The executable, an ELF file held by descriptor.</summary>
    public required SafeHandle Executable { get; init; }

    /// <summary>The child's only argument, argv[0].</summary>
    public required string ProcessName { get; init; }

    /// <summary>What the child has open: the handle at index i becomes descriptor i. A handle may stand at several indices.</summary>
    public required ImmutableArray<SafeHandle> Descriptors { get; init; }

    /// <summary>
    /// More system calls for the child, played when its descriptors are in place and just before it executes: rows of 64 bytes, number u32,
    /// 4 unused bytes, six arguments u64, mode u32 (0: must succeed, 1: any result), 4 unused bytes. They cannot point to memory.
    /// </summary>
    public ReadOnlyMemory<byte> Rows { get; init; }
}
