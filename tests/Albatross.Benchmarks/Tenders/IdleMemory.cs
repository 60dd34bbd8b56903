using System.Globalization;
using Albatross.Guests;
using Albatross.Linux;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Benchmarks.Tenders;

/// <summary>Memory of unikernels that wait: smaps_rollup and status of /proc.</summary>
internal static class IdleMemory
{
    private const int LargeBytes = 8 << 20;
    private const int PageBytes = 4096;

    private static readonly TimeSpan UntilIdle = TimeSpan.FromSeconds(1);

    /// <summary>One and a hundred of each kind.</summary>
    public static void Measure(ResidentTender resident, Targets targets)
    {
        foreach (GuestTarget target in resident.Targets)
        {
            string word = target == GuestTarget.Hvt ? "hvt" : "spt";
            Targets.Section($"{word}: an idle unikernel, and one of an image of 8 MiB that has read all of it");
            Sizes one = Average(resident, SampleGuests.Idle(target), count: 1);
            targets.AtMost("RSS", one.Rss, "KiB", target == GuestTarget.Hvt ? 80 : 64, slack: 1);
            Targets.Figure("PSS", one.Pss, "KiB");
            Targets.Figure("page tables", one.PageTables, "KiB");
            Sizes hundred = Average(resident, SampleGuests.Idle(target), count: 100);
            Targets.Figure("PSS of each of 100", hundred.Pss, "KiB");
            Sizes large = Average(resident, Large(target), count: 1);
            Targets.Figure("8 MiB image: RSS", large.Rss, "KiB");
            Targets.Figure("8 MiB image: PSS", large.Pss, "KiB");
            Targets.Figure("8 MiB image: page tables", large.PageTables, "KiB");
            Sizes larges = Average(resident, Large(target), count: 100);
            targets.AtMost("8 MiB image: PSS of each of 100", larges.Pss, "KiB", 300, slack: 1);
        }
    }

    private static Sizes Average(ResidentTender resident, byte[] image, int count)
    {
        HeldImage held = ResidentTender.Hold(image);
        using SealedFile file = held.File;
        var processes = new List<ProcessDescriptor>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                processes.Add(resident.Start(held));
            }

            Thread.Sleep(UntilIdle);
            Sizes[] sizes = [.. processes.Select(process => Sizes.Of(process.ProcessId))];
            return new Sizes(sizes.Average(size => size.Rss), sizes.Average(size => size.Pss), sizes.Average(size => size.PageTables));
        }
        finally
        {
            foreach (ProcessDescriptor process in processes)
            {
                process.Signal(9);
                process.Wait();
                process.Dispose();
            }
        }
    }

    private static byte[] Large(GuestTarget target)
    {
        // The guest's data are a few words, so its padding begins with the next page.
        const ulong PaddingAddress = GuestBuilder.DataAddress + PageBytes;
        var guest = new GuestBuilder(target) { PaddingBytes = LargeBytes };
        Label next = guest.Asm.CreateLabel();
        guest.Asm.mov(rsi, PaddingAddress);
        guest.Asm.mov(ecx, LargeBytes / PageBytes);
        guest.Asm.Label(ref next);
        guest.Asm.mov(al, __byte_ptr[rsi]);
        guest.Asm.add(rsi, PageBytes);
        guest.Asm.dec(ecx);
        guest.Asm.jnz(next);
        guest.Forever(() => guest.Sleep(TimeSpan.FromHours(1)));
        return guest.Build();
    }

    /// <summary>In KiB.</summary>
    private sealed record Sizes(double Rss, double Pss, double PageTables)
    {
        public static Sizes Of(int processId) => new(
            Field($"/proc/{processId}/smaps_rollup", "Rss:"),
            Field($"/proc/{processId}/smaps_rollup", "Pss:"),
            Field($"/proc/{processId}/status", "VmPTE:"));

        private static double Field(string file, string name) => double.Parse(
            File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace(
                "kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture);
    }
}
