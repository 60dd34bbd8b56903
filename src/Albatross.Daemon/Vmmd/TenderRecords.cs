using System.Globalization;
using Albatross.Linux;
using Albatross.Policy.Names;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// One file per running tender: boot id, process and its start. A daemon that was killed leaves them, and the next one ends
/// what is still there before it starts anything, so that no unikernel ever runs twice.
/// </summary>
internal sealed class TenderRecords(string directory)
{
    private readonly string _bootId = HostFacts.BootId;

    /// <summary>Notes that <paramref name="name"/> runs as <paramref name="processId"/>.</summary>
    public void Write(Name name, int processId)
    {
        ulong start = ProcessStatus.Of(processId)?.StartTicks ?? 0;
        File.WriteAllText(FileOf(name), string.Create(CultureInfo.InvariantCulture, $"{_bootId} {processId} {start}\n"));
    }

    /// <summary>Notes that <paramref name="name"/> does not run.</summary>
    public void Remove(Name name) => File.Delete(FileOf(name));

    /// <summary>The tenders of an earlier daemon that still run, by their records; all records are removed.</summary>
    public IReadOnlyList<(string Name, ProcessDescriptor Process)> TakeLeftOvers()
    {
        var left = new List<(string, ProcessDescriptor)>();
        foreach (string file in Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal))
        {
            if (Open(File.ReadAllText(file)) is { } process)
            {
                left.Add((Path.GetFileName(file), process));
            }

            File.Delete(file);
        }

        return left;
    }

    // The descriptor is opened first and the start compared after it, so that the number cannot change its meaning in between.
    private ProcessDescriptor? Open(string record)
    {
        if (record.TrimEnd().Split(' ') is not [var bootId, var number, var start]
            || bootId != _bootId
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
            || !ulong.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out ulong startTicks))
        {
            return null;
        }

        ProcessDescriptor process;
        try
        {
            process = ProcessDescriptor.Open(processId);
        }
        catch (LinuxException)
        {
            return null;   // it has ended
        }

        if (ProcessStatus.Of(processId) is { } status && status.StartTicks == startTicks)
        {
            return process;
        }

        process.Dispose();
        return null;
    }

    private string FileOf(Name name) => Path.Combine(directory, name.ToString());
}
