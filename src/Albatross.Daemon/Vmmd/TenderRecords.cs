using System.Text;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// One file per tender that runs or is being started, called by its unikernel's name. It is written before the tender is started, and once
/// more when its process is known. Files are replaced whole, so that a daemon that is killed leaves no half; they need not outlive the
/// host.
/// </summary>
internal sealed class TenderRecords(DurableDirectory directory)
{
    // No unikernel is called so: every name has a colon.
    private const string Unfinished = "unfinished";

    /// <summary>The boot of this host.</summary>
    public string BootId { get; } = HostFacts.BootId;

    /// <summary>Notes that a tender is about to be started.</summary>
    public TenderRecord Announce(Name name, long incarnation, DateTimeOffset since, TenderOrigin origin)
    {
        var record = new TenderRecord(BootId, name, incarnation, since, origin, Process: null);
        Write(record);
        return record;
    }

    /// <summary>Notes its process.</summary>
    public void Confirm(TenderRecord record, int processId) =>
        Write(record with { Process = new RecordedProcess(processId, ProcessStatus.Of(processId)?.StartTicks ?? 0) });

    /// <summary>Notes that <paramref name="name"/> does not run.</summary>
    public void Remove(Name name) => directory.Remove(name.ToString());

    /// <summary>Removes the file of this name.</summary>
    public void Remove(string file) => directory.Remove(file);

    /// <summary>Removes what a daemon that was killed was writing: it is void.</summary>
    public void RemoveUnfinished() => directory.Remove(Unfinished);

    /// <summary>
    /// Every file with its record; null in the place of what is none. What was being written when the daemon was killed is void.
    /// </summary>
    public IEnumerable<(string File, TenderRecord? Record)> All => directory.Names
        .Where(file => file != Unfinished)
        .Select(file => (file, directory.Read(file) is { } bytes ? TenderRecord.Parse(Encoding.UTF8.GetString(bytes)) : null))
        .Select(entry => entry.Item2?.Name.ToString() == entry.file ? entry : (entry.file, null));

    private void Write(TenderRecord record)
    {
        directory.Write(Unfinished, Encoding.UTF8.GetBytes(record.ToString()));
        directory.Rename(Unfinished, record.Name.ToString());
    }
}
