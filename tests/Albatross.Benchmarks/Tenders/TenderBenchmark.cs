using System.Globalization;
using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.Benchmarks.Tenders;

/// <summary>
/// What the tenders cost: <c>tender [--rounds N] [--bin DIRECTORY]</c>. Exit status 1 when a target is missed by more than noise explains.
/// </summary>
internal static class TenderBenchmark
{
    private const int DefaultRounds = 100;
    private const int RoundsOfThroughput = 7;

    /// <summary>Measures everything; the exit status.</summary>
    public static int Run(string[] options)
    {
        int rounds = DefaultRounds;
        string bin = Path.Combine("artifacts", "bin");
        for (int i = 0; i + 1 < options.Length; i += 2)
        {
            rounds = options[i] == "--rounds" ? int.Parse(options[i + 1], CultureInfo.InvariantCulture) : rounds;
            bin = options[i] == "--bin" ? options[i + 1] : bin;
        }

        var targets = new Targets();
        using var resident = new ResidentTender();
        StartTimes.Measure(resident, Path.GetFullPath(bin), rounds, targets);
        IdleMemory.Measure(resident, targets);
        Throughput.Measure(resident, RoundsOfThroughput, targets);
        ReportSizes(resident, bin);
        Console.WriteLine($"\n{targets.Missed} targets missed");
        return targets.Missed == 0 ? 0 : 1;
    }

    private static void ReportSizes(ResidentTender resident, string bin)
    {
        Targets.Section("sizes");
        foreach (string program in (string[])["albatross-daemon", "albatross-client", "albatross-tender"])
        {
            var file = new FileInfo(Path.Combine(bin, program));
            if (file.Exists)
            {
                Targets.Figure(program, file.Length / 1024.0, "KiB");
            }
        }

        foreach (GuestTarget target in resident.Targets)
        {
            HeldImage image = ResidentTender.Hold(SampleGuests.Idle(target));
            ReadOnlyMemory<byte> elf = resident.Build(image.Image);
            string word = target == GuestTarget.Hvt ? "hvt" : "spt";
            int code = target == GuestTarget.Hvt ? LauncherCode.RunLoop.Length : LauncherCode.SptEntry.Length;
            Targets.Figure($"launcher of {word}: the ELF file", elf.Length / 1024.0, "KiB");
            Targets.Figure($"launcher of {word}: its pages that are not zero", UsedKib(elf.Span), "KiB");
            Targets.Figure($"launcher of {word}: machine code in it", code, "bytes");
            image.File.Dispose();
        }
    }

    private static double UsedKib(ReadOnlySpan<byte> elf)
    {
        const int PageBytes = 4096;
        int used = 0;
        for (int at = 0; at < elf.Length; at += PageBytes)
        {
            used += elf[at..Math.Min(at + PageBytes, elf.Length)].ContainsAnyExcept((byte)0) ? PageBytes : 0;
        }

        return used / 1024.0;
    }
}
