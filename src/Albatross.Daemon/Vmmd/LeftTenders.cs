using System.Collections.Immutable;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>A tender that an earlier daemon left, and its process, which belongs to whoever takes this.</summary>
internal sealed record LeftTender(FoundTender Found, ProcessDescriptor Process);

/// <summary>
/// Finds the tenders that an earlier daemon left running. A record names the process, which counts only with the same start in the same
/// boot. A daemon that was killed in the middle of a start has noted no process: its tender, if there is one, holds the lock of its FIFO,
/// which it took before it executed (<see cref="TenderLauncher"/>), and the kernel says who that is. Dispose it after the daemon's work.
/// </summary>
internal sealed class LeftTenders(DaemonOptions options, TenderRecords records, TimeProvider time, ILogger log) : IDisposable
{
    // Between clone and lock a child runs a few system calls; it takes longer only if the host has no time for it.
    private static readonly TimeSpan LockDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(30);

    private readonly List<Fifo> _locked = [];

    /// <summary>How many have ended while no daemon ran.</summary>
    public int Ended { get; private set; }

    /// <summary>Every tender that is still there. The records of the others are removed.</summary>
    /// <exception cref="IOException">Something is there, but it cannot be found out what.</exception>
    public async Task<ImmutableArray<LeftTender>> FindAsync(CancellationToken cancellation)
    {
        records.RemoveUnfinished();
        var found = ImmutableArray.CreateBuilder<LeftTender>();
        foreach ((string file, TenderRecord? record) in records.All.ToList())
        {
            ProcessDescriptor? process = record is null || record.BootId == records.BootId
                ? await OpenAsync(file, record?.Process, cancellation).ConfigureAwait(false)
                : null;
            if (record is null)
            {
                Log.RecordUnreadable(log, file);
                await EndAsync(process, cancellation).ConfigureAwait(false);
                records.Remove(file);
            }
            else if (process is null)
            {
                Ended++;
                Log.EndedMeanwhile(log, record.Name);
                records.Remove(file);
            }
            else
            {
                if (record.Process is null)
                {
                    records.Confirm(record, process.ProcessId);
                }

                found.Add(new LeftTender(
                    new FoundTender(record.Name, record.Incarnation, process.ProcessId, record.Since, record.Origin), process));
            }
        }

        return found.DrainToImmutable();
    }

    /// <summary>Removes the FIFOs of all others; how many.</summary>
    public int RemoveFifos(ImmutableArray<LeftTender> found)
    {
        HashSet<string> used = [.. found.Select(left => left.Found.Name.ToString())];
        List<string> unused = [.. Directory.EnumerateFiles(options.FifoDirectory).Where(file => !used.Contains(Path.GetFileName(file)))];
        unused.ForEach(Fifo.Remove);
        return unused.Count;
    }

    /// <inheritdoc/>
    public void Dispose() => _locked.ForEach(fifo => fifo.Dispose());

    // The descriptor is opened first and what it means looked at after it, so that the number cannot change its meaning in between.
    private async Task<ProcessDescriptor?> OpenAsync(string file, RecordedProcess? recorded, CancellationToken cancellation) =>
        recorded is null
            ? await HolderOfAsync(Path.Combine(options.FifoDirectory, file), cancellation).ConfigureAwait(false)
            : Open(recorded.ProcessId, () => ProcessStatus.Of(recorded.ProcessId)?.StartTicks == recorded.StartTicks);

    private static ProcessDescriptor? Open(int processId, Func<bool> isIt)
    {
        ProcessDescriptor process;
        try
        {
            process = ProcessDescriptor.Open(processId);
        }
        catch (LinuxException)
        {
            return null;   // it has ended
        }

        if (isIt())
        {
            return process;
        }

        process.Dispose();
        return null;
    }

    // The daemon's exclusive lock becomes the child's shared one. So a lock that cannot be shared is that of a child which is not so far
    // yet, and where nobody has one nobody will: then it is kept here, and a child that comes late does not get it and ends.
    private async Task<ProcessDescriptor?> HolderOfAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        Fifo fifo = Fifo.OpenForWriter(path);
        _locked.Add(fifo);
        long began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < LockDeadline)
        {
            if (FileLocks.TryTake(fifo, exclusively: false))
            {
                if (FileLocks.OtherHolders(fifo) is [var holder, ..])
                {
                    if (Open(holder, () => FileLocks.OtherHolders(fifo).Contains(holder)) is { } process)
                    {
                        _locked.Remove(fifo);
                        fifo.Dispose();
                        return process;
                    }
                }
                else if (FileLocks.TryTake(fifo, exclusively: true))
                {
                    return null;
                }
            }

            await Task.Delay(LockPause, time, cancellation).ConfigureAwait(false);
        }

        throw new IOException($"somebody has locked {path}, and it cannot be found out who: end that process, or reboot");
    }

    private static async Task EndAsync(ProcessDescriptor? process, CancellationToken cancellation)
    {
        using (process)
        {
            if (process is null)
            {
                return;
            }

            process.Signal((int)TenderSignal.Kill);
            bool hasEnded = await Task.Run(() => process.HasEnded((int)KillDeadline.TotalMilliseconds), cancellation).ConfigureAwait(false);
            if (!hasEnded)
            {
                throw new IOException($"process {process.ProcessId} does not end, although it was killed");
            }
        }
    }
}
