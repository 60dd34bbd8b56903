using System.Globalization;

namespace Albatross.Linux;

/// <summary>What /proc/PID/stat tells of a process (proc(5)).</summary>
/// <param name="StartTicks">Field 22: when it started, in clock ticks since boot. With the boot id it names a process for ever.</param>
/// <param name="UserTicks">Field 14: CPU time in user mode, in clock ticks.</param>
/// <param name="SystemTicks">Field 15: CPU time in the kernel, in clock ticks.</param>
/// <param name="ResidentPages">Field 24: resident memory in pages.</param>
/// <param name="State">Field 3: one letter; 'Z' is a process that has ended and was not waited for.</param>
/// <param name="WaitStatus">Field 52: how it ended, as wait(2) tells it; 0 also when this user may not know.</param>
public sealed record ProcessStatus(
    ulong StartTicks, ulong UserTicks, ulong SystemTicks, ulong ResidentPages, char State, int WaitStatus = 0)
{
    /// <summary>Clock ticks per second, the same on every Linux that .NET runs on (USER_HZ).</summary>
    public const int TicksPerSecond = 100;

    /// <summary>CPU time in seconds.</summary>
    public double CpuSeconds => (UserTicks + SystemTicks) / (double)TicksPerSecond;

    /// <summary>
    /// Resident memory in bytes as field 24 tells it: the kernel counts it in batches, so that a process of a few pages may show 0.
    /// </summary>
    public ulong ResidentBytes => ResidentPages * (ulong)Environment.SystemPageSize;

    /// <summary>
    /// Resident memory of process <paramref name="processId"/> in bytes, exactly (Rss of smaps_rollup), or null when this user may not
    /// read that, or it has ended.
    /// </summary>
    public static ulong? ExactResidentBytes(int processId)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{processId}/smaps_rollup").FirstOrDefault(
                text => text.StartsWith("Rss:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line[4..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite
                | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out ulong kib) ? kib * 1024 : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads the line of /proc/PID/stat; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, out ProcessStatus? status)
    {
        status = null;
        int comm = line.LastIndexOf(')');   // the second field may hold anything, blanks and parentheses too
        if (comm < 0 || comm + 2 >= line.Length)
        {
            return false;
        }

        string[] fields = line[(comm + 2)..].TrimEnd().ToString().Split(' ');   // fields[0] is field 3
        if (fields.Length < 22 || fields[0].Length != 1)
        {
            return false;
        }

        Span<ulong> numbers = stackalloc ulong[4];
        ReadOnlySpan<int> wanted = [22, 14, 15, 24];
        for (int i = 0; i < wanted.Length; i++)
        {
            if (!ulong.TryParse(fields[wanted[i] - 3], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return false;
            }
        }

        bool hasEnd = int.TryParse(fields.ElementAtOrDefault(52 - 3), NumberStyles.None, CultureInfo.InvariantCulture, out int waitStatus);
        status = new ProcessStatus(numbers[0], numbers[1], numbers[2], numbers[3], fields[0][0], hasEnd ? waitStatus : 0);
        return true;
    }

    /// <summary>The status of process <paramref name="processId"/>; null when there is none.</summary>
    public static ProcessStatus? Of(int processId)
    {
        try
        {
            return TryParse(File.ReadAllText($"/proc/{processId}/stat"), out ProcessStatus? status) ? status : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;   // it has ended between the question and the answer
        }
    }
}

/// <summary>What the running kernel tells of itself.</summary>
public static class HostFacts
{
    /// <summary>Changes with every boot, so that a process number of an earlier one is not mistaken.</summary>
    public static string BootId => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>When the machine was started, in seconds since 1970 (btime of /proc/stat).</summary>
    public static long BootTimeSeconds => long.Parse(
        File.ReadLines("/proc/stat").First(line => line.StartsWith("btime ", StringComparison.Ordinal))[6..],
        NumberStyles.None,
        CultureInfo.InvariantCulture);

    /// <summary>Physical memory in MiB (MemTotal of /proc/meminfo).</summary>
    public static long MemoryMib => TotalKib(File.ReadAllText("/proc/meminfo")) / 1024;

    /// <summary>The numbers of the processors that are online.</summary>
    public static IReadOnlyList<long> OnlineCpus => ParseCpuList(File.ReadAllText("/sys/devices/system/cpu/online").Trim());

    /// <summary>The bridges of this network namespace.</summary>
    public static IReadOnlyList<string> Bridges => Directory.Exists("/sys/class/net")
        ? [.. Directory.EnumerateDirectories("/sys/class/net").Where(path => Directory.Exists(path + "/bridge")).Select(
            Path.GetFileName).OfType<string>()]
        : [];

    /// <summary>Reads a list such as <c>0-3,5</c> (the kernel's cpulist format).</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static IReadOnlyList<long> ParseCpuList(string text) => [.. text.Split(',').SelectMany(Range)];

    private static IEnumerable<long> Range(string range)
    {
        string[] ends = range.Split('-');
        long first = long.Parse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture);
        long last = long.Parse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture);
        for (long cpu = first; cpu <= last; cpu++)
        {
            yield return cpu;
        }
    }

    private static long TotalKib(string meminfo)
    {
        string line = meminfo.Split('\n').First(text => text.StartsWith("MemTotal:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
