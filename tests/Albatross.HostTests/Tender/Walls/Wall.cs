using System.Buffers.Binary;
using Albatross.Guests;
using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>One layer of the lock-down.</summary>
public enum Wall
{
    Filter,
    NoNewPrivileges,
    Landlock,
    EmptyRoot,
    CapabilityBounds,
    OwnUser,
    Capabilities,
    Dumpable,
    CoreLimit,
    FileSizeLimit,
    DescriptorLimit,
    ProcessLimit,
    LockedMemoryLimit,
    AddressSpaceLimit,
    ExecGainRefusal,
    UnmappedStack,
    ClosedDescriptors,
    ClosedKvm,
    ClosedMachine,
    ReadOnlyTable,
    ReadOnlyCode,
}

/// <summary>
/// The bytes of a launcher, from which a test takes walls out: a row becomes one that does nothing, a part of the file becomes writable.
/// The bytes that are shipped have no such door.
/// </summary>
internal sealed class DamagedLauncher
{
    private const int ProgramHeaders = 64, SetNothing = 24;
    private const ulong SetDumpable = 4, DropBound = 24, NoNewPrivileges = 38, Ambient = 47, SetExecGain = 65;

    private readonly byte[] _elf;
    private readonly int _table;
    private readonly int _firstRow;

    internal DamagedLauncher(ReadOnlyMemory<byte> launcher, GuestTarget target)
    {
        _elf = launcher.ToArray();
        _table = FileOffset(ProcessLayout.Table);
        int field = FileOffset(target == GuestTarget.Hvt ? ConstantsLayout.FirstRow : SptLayout.FirstRow);
        _firstRow = _table + (int)(BinaryPrimitives.ReadUInt32LittleEndian(_elf.AsSpan(field)) - ProcessLayout.Table);
    }

    internal byte[] Elf => _elf;

    /// <summary>The bytes from a process address on.</summary>
    internal Span<byte> At(ulong address) => _elf.AsSpan(FileOffset(address));

    /// <summary>Takes a wall out; there must be one.</summary>
    internal void Remove(Wall wall)
    {
        int removed = wall switch
        {
            Wall.ReadOnlyTable => MakeWritable(ProcessLayout.Table),
            Wall.ReadOnlyCode => MakeWritable(ProcessLayout.Code),
            Wall.ClosedDescriptors => CloseOnlyTwo(),
            Wall.Landlock => RemoveLandlock(),
            Wall.ClosedKvm => RemoveLast(SystemCallNumber.Close, LaunchDescriptors.Kvm),
            Wall.ClosedMachine => RemoveLast(SystemCallNumber.Close, LaunchDescriptors.VirtualMachine),
            _ => RemoveRows((number, first) => IsPartOf(wall, number, first)),
        };
        Assert.True(removed > 0, $"there is no {wall} to take out");
    }

    private static bool IsPartOf(Wall wall, int number, ulong first) => wall switch
    {
        Wall.Filter => number == SystemCallNumber.Seccomp,
        Wall.NoNewPrivileges => number == SystemCallNumber.Prctl && first == NoNewPrivileges,
        Wall.EmptyRoot => number is SystemCallNumber.Fchdir or SystemCallNumber.Chroot,
        Wall.CapabilityBounds => number == SystemCallNumber.Prctl && first == DropBound,
        Wall.OwnUser => number is SystemCallNumber.Setgroups or SystemCallNumber.Setresgid or SystemCallNumber.Setresuid,
        Wall.Capabilities => number == SystemCallNumber.Capset || (number == SystemCallNumber.Prctl && first == Ambient),
        Wall.Dumpable => number == SystemCallNumber.Prctl && first == SetDumpable,
        Wall.CoreLimit => IsLimit(number, first, ResourceLimits.Core),
        Wall.FileSizeLimit => IsLimit(number, first, ResourceLimits.FileSize),
        Wall.DescriptorLimit => IsLimit(number, first, ResourceLimits.OpenFiles),
        Wall.ProcessLimit => IsLimit(number, first, ResourceLimits.ProcessCount),
        Wall.LockedMemoryLimit => IsLimit(number, first, ResourceLimits.LockedMemory),
        Wall.AddressSpaceLimit => IsLimit(number, first, ResourceLimits.AddressSpace),
        Wall.ExecGainRefusal => number == SystemCallNumber.Prctl && first == SetExecGain,
        Wall.UnmappedStack => number is unchecked((int)RowLayout.UnmapStack) or SystemCallNumber.Munmap,
        _ => throw new ArgumentOutOfRangeException(nameof(wall), wall, null),
    };

    private static bool IsLimit(int number, ulong first, ulong resource) => number == SystemCallNumber.Setrlimit && first == resource;

    private IEnumerable<int> Rows()
    {
        for (int at = _firstRow; NumberAt(at) != unchecked((int)RowLayout.LastRow); at += RowLayout.SizeBytes)
        {
            yield return at;
        }
    }

    private int RemoveRows(Func<int, ulong, bool> isPart)
    {
        int[] rows = [.. Rows().Where(at => isPart(NumberAt(at), FirstArgumentAt(at)))];
        Array.ForEach(rows, Disable);
        return rows.Length;
    }

    private int RemoveLast(int number, ulong first)
    {
        int[] rows = [.. Rows().Where(at => NumberAt(at) == number && FirstArgumentAt(at) == first)];

        // The image had the machine's number before; landlock's ruleset has that of /dev/kvm afterwards.
        int row = number == SystemCallNumber.Close && first == LaunchDescriptors.Kvm ? rows[0] : rows[^1];
        Disable(row);
        return 1;
    }

    /// <summary>The descriptor of the ruleset is not there to be closed then.</summary>
    private int RemoveLandlock()
    {
        int[] rows = [.. Rows()];
        int create = Array.FindIndex(rows, at => NumberAt(at) == SystemCallNumber.LandlockCreateRuleset);
        if (create < 0)
        {
            return 0;
        }

        Array.ForEach(rows[create..(create + 3)], Disable);
        return 3;
    }

    /// <summary>Not everything that was inherited is closed, but only the two descriptors for which the launch has a use.</summary>
    private int CloseOnlyTwo()
    {
        int row = Rows().Single(at => NumberAt(at) == SystemCallNumber.CloseRange);
        ulong first = FirstArgumentAt(row);
        BinaryPrimitives.WriteUInt64LittleEndian(_elf.AsSpan(row + RowLayout.FirstArgument + 8), first + 1);
        return 1;
    }

    private int MakeWritable(ulong address)
    {
        const uint Writable = 2;
        Span<byte> flags = _elf.AsSpan(Header(address) + 4);
        BinaryPrimitives.WriteUInt32LittleEndian(flags, BinaryPrimitives.ReadUInt32LittleEndian(flags) | Writable);
        return 1;
    }

    private void Disable(int row)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_elf.AsSpan(row), SetNothing);
        BinaryPrimitives.WriteInt32LittleEndian(_elf.AsSpan(row + RowLayout.Mode), (int)RowMode.Ignore);
    }

    private int NumberAt(int row) => BinaryPrimitives.ReadInt32LittleEndian(_elf.AsSpan(row));

    private ulong FirstArgumentAt(int row) => BinaryPrimitives.ReadUInt64LittleEndian(_elf.AsSpan(row + RowLayout.FirstArgument));

    private int FileOffset(ulong address)
    {
        int header = Header(address);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(_elf.AsSpan(header + 8));
        return (int)(offset + address - BinaryPrimitives.ReadUInt64LittleEndian(_elf.AsSpan(header + 16)));
    }

    /// <summary>The program header of the part that holds an address.</summary>
    private int Header(ulong address)
    {
        for (int at = ProgramHeaders; ; at += ProgramHeader.SizeBytes)
        {
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(_elf.AsSpan(at + 16));
            if (address >= start && address - start < BinaryPrimitives.ReadUInt64LittleEndian(_elf.AsSpan(at + 32)))
            {
                return at;
            }
        }
    }
}
