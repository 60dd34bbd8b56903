using Albatross.Guests;

namespace Albatross.Benchmarks.Tenders;

/// <summary>
/// From the decision to start to the status of the ended process, each kind once a round, in CPU time of parent and child together. The
/// floor is /bin/true, started in the same way by the same parent.
/// </summary>
internal static class StartTimes
{
    private const string Floor = "/bin/true";
    private const double Slack = 1.2;

    /// <summary>Measures <paramref name="rounds"/> rounds.</summary>
    public static void Measure(ResidentTender resident, string binDirectory, int rounds, Targets targets)
    {
        var kinds = new List<(string Name, Func<TimeSpan> Once)> { (Floor, () => ResidentTender.End(resident.StartProgram(Floor))) };
        using var images = new ImageFiles();
        string tender = Path.Combine(binDirectory, "albatross-tender");
        foreach (GuestTarget target in resident.Targets)
        {
            string word = target == GuestTarget.Hvt ? "hvt" : "spt";
            (string, byte[])[] guests = [("halt", SampleGuests.Exit(0, target)), ("hello", SampleGuests.Hello(target))];
            foreach ((string guest, byte[] bytes) in guests)
            {
                HeldImage held = ResidentTender.Hold(bytes);
                string file = images.Write($"{guest}.{word}", bytes);
                kinds.Add(($"{word} {guest}, resident", () => ResidentTender.End(resident.Start(held))));
                if (File.Exists(tender))
                {
                    kinds.Add((
                        $"{word} {guest}, stand-alone",
                        () => ResidentTender.End(resident.StartProgram(tender, word, "--mem=16", file))));
                }
            }
        }

        if (resident.Kvm is not null)
        {
            var alone = new KvmAlone(resident.Kvm);
            kinds.Add(("KVM alone", () =>
            {
                alone.Once();
                return TimeSpan.Zero;
            }));
        }

        Dictionary<string, List<double>> times = Interleave(kinds, rounds);
        Report(times.ToDictionary(entry => entry.Key, entry => Targets.Median(entry.Value)), resident.Kvm is not null, targets);
    }

    private static Dictionary<string, List<double>> Interleave(List<(string Name, Func<TimeSpan> Once)> kinds, int rounds)
    {
        const int WarmUp = 20;

        // Several in a row: after another program's start the caches hold that one's code, and what is measured is their being cold.
        const int InARow = 10;
        Dictionary<string, List<double>> times = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
        for (int round = -WarmUp; round < rounds; round++)
        {
            foreach ((string name, Func<TimeSpan> once) in kinds)
            {
                for (int i = 0; i < InARow; i++)
                {
                    TimeSpan before = CpuClock.ThisThread;
                    TimeSpan time = once();
                    time += CpuClock.ThisThread - before;
                    if (round >= 0)
                    {
                        times[name].Add(time.TotalMilliseconds);
                    }
                }
            }
        }

        return times;
    }

    private static void Report(Dictionary<string, double> median, bool hasKvm, Targets targets)
    {
        double floor = median[Floor];
        Targets.Section($"exec to exit, {Floor} = 1, CPU time of parent and child, medians");
        Targets.Figure("(that one in milliseconds)", floor, "ms");
        foreach ((string name, double time) in median.Where(entry => entry.Key != Floor))
        {
            if (name == "spt halt, resident")
            {
                targets.AtMost(name, time / floor, "", 0.5, Slack);
            }
            else
            {
                Targets.Figure(name, time / floor, "");
            }
        }

        if (hasKvm)
        {
            double beyond = (median["hvt halt, resident"] - median["KVM alone"]) / floor;
            targets.AtMost("hvt halt, resident, less KVM alone", beyond, "", 1.0, Slack);
        }
    }

    /// <summary>Images as files for the stand-alone tender.</summary>
    private sealed class ImageFiles : IDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");

        public string Write(string name, byte[] bytes)
        {
            string path = Path.Combine(_directory.FullName, name);
            File.WriteAllBytes(path, bytes);
            return path;
        }

        public void Dispose() => _directory.Delete(recursive: true);
    }
}
