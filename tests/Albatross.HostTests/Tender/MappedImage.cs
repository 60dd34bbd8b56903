using System.Globalization;

namespace Albatross.HostTests.Tender;

/// <summary>
/// What /proc/PID/smaps says of a process's mappings: of those of a memory file, or of all, in bytes.
/// </summary>
internal sealed record MappedImage(long Resident, long Proportional, long Shared, long PrivateDirty)
{
    /// <summary>Sums up the mappings whose line contains <paramref name="name"/>.</summary>
    internal static MappedImage Of(int processId, string name)
    {
        var sums = new Dictionary<string, long>();
        bool counts = false;
        foreach (string line in File.ReadLines($"/proc/{processId}/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                counts = line.Contains(name, StringComparison.Ordinal);
            }
            else if (counts && words is [var key, var number, "kB"])
            {
                sums[key] = sums.GetValueOrDefault(key) + (1024 * long.Parse(number, CultureInfo.InvariantCulture));
            }
        }

        long Sum(string key) => sums.GetValueOrDefault(key);

        // The pages of a memory file count as dirty from the day they were written, whoever maps them now.
        return new MappedImage(Sum("Rss:"), Sum("Pss:"), Sum("Shared_Clean:") + Sum("Shared_Dirty:"), Sum("Private_Dirty:"));
    }
}
