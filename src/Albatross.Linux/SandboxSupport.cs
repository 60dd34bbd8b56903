using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Albatross.Solo5.Launch;

namespace Albatross.Linux;

/// <summary>What this kernel offers for closing processes in, and what this process may do of it; asked once, nothing is changed.</summary>
public sealed record SandboxSupport
{
    /// <summary>The version of landlock, from 1 on; 0: this kernel has none, or somebody forbids it.</summary>
    public required int LandlockVersion { get; init; }

    /// <summary>Whether the kernel knows PR_SET_MDWE (Linux 6.3).</summary>
    public required bool HasExecGainRefusal { get; init; }

    /// <summary>The rights of this process.</summary>
    public required ProcessRights Rights { get; init; }

    /// <summary>Users of this process's user namespace, as (first, count).</summary>
    public required ImmutableArray<(uint First, uint Count)> Users { get; init; }

    /// <summary>Groups of this process's user namespace, as (first, count).</summary>
    public required ImmutableArray<(uint First, uint Count)> Groups { get; init; }

    /// <summary>Whether setgroups(2) is not forbidden in this user namespace (user_namespaces(7)).</summary>
    public required bool MayDropGroups { get; init; }

    /// <summary>The same for who decides what a unikernel's process gets.</summary>
    public SandboxFacts Facts => new()
    {
        LandlockVersion = LandlockVersion,
        HasExecGainRefusal = HasExecGainRefusal,
        EffectiveCapabilities = Rights.EffectiveCapabilities,
        BoundingCapabilities = Rights.BoundingCapabilities,
        MayDropGroups = MayDropGroups,
        Users = [.. Users.Select(range => new IdRange(range.First, range.Count))],
        Groups = [.. Groups.Select(range => new IdRange(range.First, range.Count))],
    };

    /// <summary>
    /// Whether this process could give up its namespaces by unshare(2) with these flags: a child tries and ends. No file says it: it
    /// depends on capabilities, limits, security modules and filters. <paramref name="spawnStub"/> is the machine code for
    /// <see cref="Spawner"/>.
    /// </summary>
    public static bool CanUnshare(ulong flags, ReadOnlySpan<byte> spawnStub)
    {
        const int Unshare = 272, ExitGroup = 231, RowBytes = 64, Argument = 8;
        var rows = new byte[2 * RowBytes];
        BinaryPrimitives.WriteInt32LittleEndian(rows, Unshare);
        BinaryPrimitives.WriteUInt64LittleEndian(rows.AsSpan(Argument), flags);
        BinaryPrimitives.WriteInt32LittleEndian(rows.AsSpan(RowBytes), ExitGroup);
        try
        {
            using var spawner = new Spawner(spawnStub);
            using DeviceFile nothing = DeviceFile.OpenNull();
            using ProcessDescriptor child = spawner.Start(
                new SpawnRequest { Executable = nothing, ProcessName = "unshare", Descriptors = [nothing, nothing, nothing], Rows = rows });
            return child.Wait() == new ProcessExit(ProcessExitKind.Exited, 0);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Asks the kernel and /proc.</summary>
    /// <exception cref="IOException">There is no /proc.</exception>
    public static SandboxSupport Probe() => new()
    {
        LandlockVersion = (int)Math.Max(Libc.CreateRuleset(Libc.CallLandlockCreateRuleset, default, 0, Libc.LandlockAskVersion), 0),
        HasExecGainRefusal = Libc.ProcessControl(Libc.PrctlGetExecGainRefusal, 0, 0, 0, 0) >= 0,
        Rights = ProcessRights.Parse(File.ReadAllText("/proc/self/status")),
        Users = ParseIdMap(File.ReadAllText("/proc/self/uid_map")),
        Groups = ParseIdMap(File.ReadAllText("/proc/self/gid_map")),
        MayDropGroups = Read("/proc/self/setgroups") != "deny",
    };

    /// <summary>Reads the lines of /proc/PID/uid_map: first inside, first outside, count.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ImmutableArray<(uint First, uint Count)> ParseIdMap(string text) =>
    [
        .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => (Number(words[0]), Number(words[2]))),
    ];

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Null where there is no such file, or somebody has forbidden this process to read it.</summary>
    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>Rights of a process as /proc/PID/status tells them; capabilities are a bit for each.</summary>
/// <param name="EffectiveCapabilities">CapEff.</param>
/// <param name="BoundingCapabilities">CapBnd.</param>
public readonly record struct ProcessRights(ulong EffectiveCapabilities, ulong BoundingCapabilities)
{
    /// <summary>Reads the text of /proc/PID/status.</summary>
    /// <exception cref="FormatException">A line is missing or no number.</exception>
    public static ProcessRights Parse(string status) => new(Mask(status, "CapEff:"), Mask(status, "CapBnd:"));

    private static ulong Mask(string status, string name)
    {
        string line = status.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            ?? throw new FormatException($"no {name} in the status of a process");
        return ulong.Parse(line.AsSpan(name.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
