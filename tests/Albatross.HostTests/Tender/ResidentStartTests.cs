using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.HostTests.Tender;

/// <summary>Starting unikernels from a resident process, as the daemon does: no tender process in between.</summary>
public sealed class ResidentStartTests
{
    public ResidentStartTests() => HostRequirement.Kvm();

    [Theory]
    [InlineData(ImageAccess.Share)]
    [InlineData(ImageAccess.Copy)]
    public void A_unikernel_runs_whether_its_image_is_shared_or_copied(ImageAccess access)
    {
        using var host = new ResidentHost(SampleGuests.Padded(1 << 20), access, "resident");
        Assert.Equal(("hello from resident\n", new ProcessExit(ProcessExitKind.Exited, 0)), host.RunToEnd());
    }

    [Fact]
    public void A_running_unikernel_has_five_descriptors_no_libc_and_a_filter()
    {
        // It is not dumpable, and what it has open is not for its user to see.
        HostRequirement.Root();
        using var host = new ResidentHost(SampleGuests.Idle(), ImageAccess.Share, "");
        using ProcessDescriptor process = host.Start(out StreamReader console);
        Assert.Equal("idle", console.ReadLine());
        string proc = $"/proc/{process.ProcessId}";
        int[] descriptors = [.. Directory.GetFiles($"{proc}/fd").Select(path => int.Parse(Path.GetFileName(path), null)).Order()];
        string[] maps = File.ReadAllLines($"{proc}/maps");
        string status = File.ReadAllText($"{proc}/status");
        process.Signal(9);
        Assert.Equal(new ProcessExit(ProcessExitKind.Killed, 9), process.Wait());
        console.Dispose();

        Assert.Equal([0, 1, 2, 5, 6], descriptors);
        Assert.DoesNotContain(maps, map => map.Contains("libc", StringComparison.Ordinal));
        Assert.DoesNotContain(maps, map => map.Contains("[stack]", StringComparison.Ordinal));
        Assert.Contains("NoNewPrivs:\t1\n", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", status, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unikernel_can_be_bound_to_a_CPU()
    {
        using var host = new ResidentHost(SampleGuests.Idle(), ImageAccess.Share, "", [0]);
        using ProcessDescriptor process = host.Start(out StreamReader console);
        Assert.Equal("idle", console.ReadLine());
        string status = File.ReadAllText($"/proc/{process.ProcessId}/status");
        process.Signal(9);
        process.Wait();
        console.Dispose();
        Assert.Contains("Cpus_allowed_list:\t0\n", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CPU_that_this_machine_lacks_ends_the_start_with_status_1()
    {
        using var host = new ResidentHost(SampleGuests.Idle(), ImageAccess.Share, "", [8191]);
        (string output, ProcessExit exit) = host.RunToEnd();
        Assert.Equal(("hvt: sched_setaffinity failed: errno 0x16\n", 1), (output, exit.Number));
    }

    [Fact]
    public async Task Many_unikernels_start_at_once_while_garbage_is_collected()
    {
        const int Threads = 4, Starts = 50;
        using var host = new ResidentHost(SampleGuests.Exit(42), ImageAccess.Share, "");
        using var stop = new CancellationTokenSource();
        Task garbage = Task.Run(() => MakeGarbage(stop.Token), TestContext.Current.CancellationToken);
        var exits = new ProcessExit[Threads * Starts];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Starts; i++)
            {
                exits[(t * Starts) + i] = host.RunToEnd().Exit;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        await stop.CancelAsync();
        await garbage;
        Assert.All(exits, exit => Assert.Equal(new ProcessExit(ProcessExitKind.Exited, 42), exit));
    }

    private static void MakeGarbage(CancellationToken stop)
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
