using System.Buffers.Binary;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Linux;

/// <summary>A program for tests of starting: an executable that plays a table of system calls and needs no KVM.</summary>
internal static class PlayedProgram
{
    /// <summary>The executable; <paramref name="fill"/> adds rows, which should end in exit_group.</summary>
    internal static byte[] Build(Action<CallTable> fill)
    {
        var table = new CallTable(ProcessLayout.Table, "hvt");
        fill(table);
        byte[] rows = table.Build(out uint firstRow);
        var constants = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(constants.AsSpan((int)(ConstantsLayout.FirstRow - ProcessLayout.Constants)), firstRow);
        return LauncherElf.Build(
            LauncherCode.RunLoop,
            [
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Constants, constants),
                new LauncherPart(LauncherElf.ReadWrite, ProcessLayout.Scratch, new byte[1024]),
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Table, rows),
            ]);
    }

    /// <summary>Ends with <paramref name="status"/> at once.</summary>
    internal static byte[] Exiting(int status) =>
        Build(table => table.Ignore(SystemCallNumber.ExitGroup, (ulong)status));

    /// <summary>Sleeps until a signal ends it.</summary>
    internal static byte[] Sleeping() => Build(table =>
    {
        const int Pause = 34;
        table.Ignore(Pause);
        table.Ignore(SystemCallNumber.ExitGroup, 0);
    });
}
