using System.Buffers.Binary;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Solo5.Jail;

/// <summary>A tender to execute in a jail. Nothing contains a NUL.</summary>
public sealed record JailRequest
{
    /// <summary>The path of its executable, also argv[0].</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>Its arguments without argv[0].</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> Arguments { get; init; }

    /// <summary>What it loses.</summary>
    public required TenderJail Jail { get; init; }

    /// <summary>Where landlock's ruleset is when the launch starts; not looked at without landlock.</summary>
    public int Ruleset { get; init; }

    /// <summary>Descriptors from 3 on that stay open.</summary>
    public ImmutableArray<int> Kept { get; init; } = [];
}

/// <summary>
/// The jail as a value: a static executable that plays the same kind of table as a unikernel's and whose last row executes the tender. One
/// thread, so that namespaces and users change for the whole process.
/// </summary>
public sealed class JailLaunch
{
    private JailLaunch(ReadOnlyMemory<byte> executable) => Executable = executable;

    /// <summary>The launcher's ELF file.</summary>
    public ReadOnlyMemory<byte> Executable { get; }

    /// <summary>Builds it, or says that the arguments are too long.</summary>
    public static bool TryBuild(
        JailRequest request, [NotNullWhen(true)] out JailLaunch? launch, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        const int Longest = 64 * 1024;
        long bytes = request.Program.Length + request.Arguments.Sum(argument => argument.Length + 9L);
        refusal = bytes > Longest
            ? new ImageRefusal(
                ImageRefusalCode.InvalidCommandLine, $"the arguments of a jailed program have at most {Longest} bytes, not {bytes}")
            : null;
        launch = refusal is null ? Build(request) : null;
        return launch is not null;
    }

    private static JailLaunch Build(JailRequest request)
    {
        var table = new CallTable(ProcessLayout.Table, "jail");
        table.Place(new byte[8]);
        AddRows(table, request);
        byte[] tableBytes = table.Build(out uint firstRow);
        BinaryPrimitives.WriteUInt32LittleEndian(tableBytes, firstRow);
        LaunchChecks.RequireRoom(tableBytes.Length, ProcessLayout.TableEnd - ProcessLayout.Table);
        return new JailLaunch(LauncherElf.Build(
            LauncherCode.SptEntry,
            [
                new LauncherPart(LauncherElf.ReadWrite, SptLayout.BootInformation, new byte[ProcessLayout.PageBytes]),
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Table, tableBytes),
            ]));
    }

    private static void AddRows(CallTable table, JailRequest request)
    {
        const ulong NoNewPrivileges = 38;
        TenderJail jail = request.Jail;
        if (jail.Namespaces != 0)
        {
            table.MustSucceed("unshare", SystemCallNumber.Unshare, jail.Namespaces);
        }

        table.MustSucceed("PR_SET_NO_NEW_PRIVS", SystemCallNumber.Prctl, NoNewPrivileges, 1, 0, 0, 0);
        if (jail.LandlockVersion > 0)
        {
            table.MustSucceed("landlock_restrict_self", SystemCallNumber.LandlockRestrictSelf, (ulong)request.Ruleset, 0);
        }

        AddClosing(table, request.Kept);
        ConfinementRows.AddRights(table, jail.User, jail.DroppedBounds);
        table.MustSucceed("RLIMIT_CORE", SystemCallNumber.Setrlimit, ResourceLimits.Core, table.Place(new byte[16]));
        uint program = PlaceText(table, request.Program.Span);
        uint[] words = [program, .. request.Arguments.Select(argument => PlaceText(table, argument.Span)), 0];
        var arguments = new byte[8 * words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(arguments.AsSpan(8 * i), words[i]);
        }

        // The environment is empty: nothing in it may say to the loader what to load.
        table.MustSucceed("execve", SystemCallNumber.Execve, program, table.Place(arguments), table.Place(new byte[8]));
    }

    /// <summary>Everything from 3 on but the descriptors that are kept.</summary>
    private static void AddClosing(CallTable table, ImmutableArray<int> kept)
    {
        ulong first = LaunchDescriptors.Error + 1;
        foreach (int descriptor in kept.Order().Distinct())
        {
            if ((ulong)descriptor > first)
            {
                table.MustSucceed("close_range", SystemCallNumber.CloseRange, first, (ulong)descriptor - 1, 0);
            }

            first = (ulong)descriptor + 1;
        }

        table.MustSucceed("close_range", SystemCallNumber.CloseRange, first, uint.MaxValue, 0);
    }

    private static uint PlaceText(CallTable table, ReadOnlySpan<byte> text) => table.Place([.. text, 0]);
}
