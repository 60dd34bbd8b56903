using System.Buffers.Binary;

namespace Albatross.Solo5.Launch;

/// <summary>Upper bounds of a launched process (setrlimit(2)), soft and hard alike, so that they cannot be raised again.</summary>
/// <param name="LargestFileBytes">No file grows beyond it; null: no limit.</param>
/// <param name="Descriptors">
/// New descriptors have a number below it; not less than the entries that ppoll is given, which refuses more with EINVAL.
/// </param>
/// <param name="Processes">Processes and threads of the user; null: no limit. The first run of a vCPU makes a thread of the kernel.</param>
internal readonly record struct ResourceLimits(ulong? LargestFileBytes, int Descriptors, ulong? Processes)
{
    // include/uapi/asm-generic/resource.h
    internal const ulong FileSize = 1, Core = 4, ProcessCount = 6, OpenFiles = 7, LockedMemory = 8, AddressSpace = 9;

    /// <summary>Adds a row for each. Memory is all there by now, hence no address space beyond it.</summary>
    internal void AddTo(CallTable table)
    {
        Add(table, "RLIMIT_CORE", Core, 0);
        Add(table, "RLIMIT_FSIZE", FileSize, LargestFileBytes);
        Add(table, "RLIMIT_NOFILE", OpenFiles, (ulong)Descriptors);
        Add(table, "RLIMIT_NPROC", ProcessCount, Processes);
        Add(table, "RLIMIT_MEMLOCK", LockedMemory, 0);
        Add(table, "RLIMIT_AS", AddressSpace, 0);
    }

    private static void Add(CallTable table, string name, ulong resource, ulong? limit)
    {
        if (limit is not { } value)
        {
            return;
        }

        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), value);
        table.MustSucceed(name, SystemCallNumber.Setrlimit, resource, table.Place(bytes));
    }
}
