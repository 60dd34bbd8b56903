using Albatross.Guests;
using Albatross.Linux;

namespace Albatross.HostTests.Tender;

/// <summary>These tests count what the process has open, so no other test runs meanwhile.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

/// <summary>Thousands of starts from a resident process with several threads and a garbage collector.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class ManyStartsTests
{
    private const int Threads = 4, StartsOfEach = 1250;

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task Of_5000_starts_during_forced_collections_none_is_lost_and_no_descriptor_leaks(GuestTarget target)
    {
        _ = target.Command();
        using var unikernel = new ResidentUnikernel(target, SampleGuests.Exit(42, target));
        unikernel.RunToEnd();                                 // so that what is opened once is open
        int before = OpenDescriptors();
        int collectionsBefore = GC.CollectionCount(2);

        using var stop = new CancellationTokenSource();
        Task garbage = Task.Run(() => Collect(stop.Token), TestContext.Current.CancellationToken);
        var ends = new (string Output, ProcessExit Exit)[Threads * StartsOfEach];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = t * StartsOfEach; i < (t + 1) * StartsOfEach; i++)
            {
                ends[i] = unikernel.RunToEnd();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        await stop.CancelAsync();
        await garbage;

        Assert.All(ends, end => Assert.Equal(("", new ProcessExit(ProcessExitKind.Exited, 42)), end));
        Assert.Equal(before, OpenDescriptors());
        Assert.InRange(GC.CollectionCount(2) - collectionsBefore, 100, int.MaxValue);
    }

    /// <summary>Of the whole process, after everything that nobody holds any more was closed.</summary>
    private static int OpenDescriptors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFiles("/proc/self/fd").Length;
    }

    private static void Collect(CancellationToken stop)
    {
        var kept = new List<byte[]>();
        while (!stop.IsCancellationRequested)
        {
            kept.Add(new byte[10_000]);
            if (kept.Count > 200)
            {
                kept.Clear();
                GC.Collect();
            }
        }
    }
}
