using System.Globalization;
using System.Runtime.InteropServices;

namespace Albatross.Benchmarks.Tenders;

/// <summary>Time on a CPU: what a shared machine leaves out of the clock on the wall.</summary>
internal static partial class CpuClock
{
    private const int ThreadClock = 3;

    /// <summary>What this thread has used so far.</summary>
    public static TimeSpan ThisThread
    {
        get
        {
            var time = new long[2];
            return GetTime(ThreadClock, time) == 0
                ? TimeSpan.FromSeconds(time[0]) + TimeSpan.FromMicroseconds(time[1] / 1000.0)
                : throw new InvalidOperationException("this thread has no clock");
        }
    }

    /// <summary>What a process of one thread has used, which has ended and was not waited for (the first field of schedstat).</summary>
    public static TimeSpan Of(int processId) => TimeSpan.FromMicroseconds(
        long.Parse(File.ReadAllText($"/proc/{processId}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, [Out] long[] time);
}
