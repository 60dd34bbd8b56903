using System.Diagnostics;
using System.Runtime.InteropServices;
using Albatross.Guests;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.Benchmarks.Tenders;

/// <summary>
/// Hypercalls, transfers and frames a second. The yardstick are the plain system calls on the same file and tap, made by the same guest
/// code: for spt under a filter that allows every call, because the kernel looks at any filter at all at a price that no tender can avoid;
/// for hvt without filter, plus the exits of the same guest under a KVM without tender, which carries nothing out. CPU time counts, and of the rounds the median.
/// </summary>
internal static partial class Throughput
{
    private const int SptCalls = 300_000, HvtCalls = 40_000;
    private const int DiskBytes = 8 << 20;
    private const int NewNetwork = 0x4000_0000;
    private const double Target = 1.05, Slack = 1.15;

    /// <summary>Measures <paramref name="rounds"/> rounds, in a network namespace of its own where this user may make one.</summary>
    public static void Measure(ResidentTender resident, int rounds, Targets targets)
    {
        Exception? failure = null;
        var inside = new Thread(() =>
        {
            try
            {
                MeasureHere(resident, rounds, targets);
            }
            catch (Exception e)
            {
                failure = e;   // thrown where the thread is waited for
            }
        });
        inside.Start();
        inside.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }

    private static void MeasureHere(ResidentTender resident, int rounds, Targets targets)
    {
        string file = Path.GetTempFileName();
        using (FileStream disk = File.OpenWrite(file))
        {
            disk.Write(new byte[DiskBytes]);
        }

        try
        {
            using BlockDevice device = BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(file));
            var held = new HeldDevice(entry => new DeviceAttachment.Block(entry, DiskBytes), device);
            Compare(resident, rounds, targets, "the clock", (target, calls) => (SampleGuests.HypercallRate(calls, target), null));
            foreach ((string what, bool writes, int bytes) in ((string, bool, int)[])
                [("block read, 512 bytes", false, 512), ("block read, 4096 bytes", false, 4096), ("block write, 4096 bytes", true, 4096)])
            {
                var sized = held with { Attach = entry => new DeviceAttachment.Block(entry, DiskBytes, bytes) };
                Compare(resident, rounds, targets, what, (target, calls) => (DeviceGuests.BlockRate(writes, bytes, calls, target), sized));
            }

            MeasureFrames(resident, rounds, targets);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void MeasureFrames(ResidentTender resident, int rounds, Targets targets)
    {
        if (Unshare(NewNetwork) != 0)
        {
            Console.WriteLine("frames are not measured: this user may not make a network namespace");
            return;
        }

        foreach (string words in (string[])["link add br0 type bridge", "link set br0 up"])
        {
            using Process ip = Process.Start("ip", words);
            ip.WaitForExit();
        }

        using Tap tap = Tap.CreateOn("br0"u8, "bench%d");
        var held = new HeldDevice(entry => new DeviceAttachment.Net(entry, 0x02_00_00_00_00_01, tap.MtuBytes), tap);
        Compare(
            resident, rounds, targets, "frames of 1514 bytes", (target, calls) => (DeviceGuests.FrameSender(calls, 1514, target), held));
    }

    private static void Compare(
        ResidentTender resident, int rounds, Targets targets, string what, Func<GuestTarget, int, (byte[] Image, HeldDevice? Device)> make)
    {
        (byte[] sptBytes, HeldDevice? device) = make(GuestTarget.Spt, SptCalls);
        HeldImage spt = ResidentTender.Hold(sptBytes), hvt = ResidentTender.Hold(make(GuestTarget.Hvt, HvtCalls).Image);
        KvmAlone? alone = resident.Kvm is null ? null : new KvmAlone(resident.Kvm);
        List<double> plain = [], open = [], filtered = [], machine = [], exits = [];
        for (int round = 0; round < rounds; round++)
        {
            plain.Add(ResidentTender.Measure(() => resident.Start(spt, device, Filter.Off)).Child);
            open.Add(ResidentTender.Measure(() => resident.Start(spt, device, Filter.AllowsAll)).Child);
            filtered.Add(ResidentTender.Measure(() => resident.Start(spt, device)).Child);
            if (alone is not null)
            {
                machine.Add(ResidentTender.Measure(() => resident.Start(hvt, device)).Child);
                exits.Add(alone.Exits(hvt, HvtCalls).TotalMilliseconds);
            }
        }

        double perCall = Targets.Median(plain) * 1000 / SptCalls;
        Targets.Section($"{what}: a plain system call = 1");
        Targets.Figure("(that one in microseconds)", perCall, "µs");
        Targets.Figure("spt: with its filter, to a plain call", Targets.Median(filtered) / Targets.Median(plain), "");
        targets.AtMost("spt: with its filter, to a filter that allows all", Targets.Median(filtered) / Targets.Median(open), "", Target, Slack);
        if (alone is not null)
        {
            double exit = Targets.Median(exits) * 1000 / HvtCalls;
            Targets.Figure("(an exit of KVM alone, in microseconds)", exit, "µs");
            targets.AtMost("hvt: to a plain call and an exit", Targets.Median(machine) * 1000 / HvtCalls / (perCall + exit), "", Target, Slack);
        }

        spt.File.Dispose();
        hvt.File.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int what);
}
