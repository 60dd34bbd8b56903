using Albatross.Guests;

namespace Albatross.Benchmarks.Tenders;

/// <summary>
/// From the decision to start to the status of the ended process, each kind once a round, in CPU time of parent and child together. The
/// floor is /bin/true, started in the same way by the same parent.
/// </summary>
internal static class StartTimes
{
    private const string Floor = "/bin/true";
    private const string KvmName = "KVM alone";
    private const double Slack = 1.2;

    // Rounds until what starts is compiled as well as it ever will be, as in a daemon that is compiled ahead of time.
    private const int WarmUp = 50;

    /// <summary>Measures <paramref name="rounds"/> rounds.</summary>
    public static void Measure(ResidentTender resident, string binDirectory, int rounds, Targets targets)
    {
        var kinds = new List<(string Name, Func<StartTime> Once)>
        {
            (Floor, () => ResidentTender.Measure(() => resident.StartProgram(Floor))),
        };
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
                kinds.Add(($"{word} {guest}, resident", () => ResidentTender.Measure(() => resident.Start(held))));
                if (File.Exists(tender))
                {
                    kinds.Add((
                        $"{word} {guest}, stand-alone",
                        () => ResidentTender.Measure(() => resident.StartProgram(tender, word, "--mem=16", file))));
                }
            }
        }

        if (resident.Kvm is not null)
        {
            var alone = new KvmAlone(resident.Kvm);
            kinds.Add((KvmName, () =>
            {
                TimeSpan before = CpuClock.ThisThread;
                alone.Once();
                return new StartTime((CpuClock.ThisThread - before).TotalMilliseconds, 0);
            }));
        }

        Report(Interleave(kinds, rounds), resident.Kvm is not null, targets);
    }

    private static Dictionary<string, StartTime> Interleave(List<(string Name, Func<StartTime> Once)> kinds, int rounds)
    {
        // Several in a row: after another program's start the caches hold that one's code, and what is measured is their being cold.
        const int InARow = 10;
        Dictionary<string, List<StartTime>> times = kinds.ToDictionary(kind => kind.Name, _ => new List<StartTime>());
        for (int round = -WarmUp; round < rounds; round++)
        {
            foreach ((string name, Func<StartTime> once) in kinds)
            {
                for (int i = 0; i < InARow; i++)
                {
                    StartTime time = once();
                    if (round >= 0)
                    {
                        times[name].Add(time);
                    }
                }
            }
        }

        return times.ToDictionary(entry => entry.Key, entry => entry.Value.OrderBy(time => time.Sum).ElementAt(entry.Value.Count / 2));
    }

    private static void Report(Dictionary<string, StartTime> median, bool hasKvm, Targets targets)
    {
        StartTime floor = median[Floor];
        Targets.Section($"exec to exit, {Floor} = 1, CPU time of parent and child, medians");
        Targets.Figure("(that one in milliseconds)", floor.Sum, "ms");
        Targets.Figure("(of it the parent's)", floor.Parent / floor.Sum, "");
        foreach ((string name, StartTime time) in median.Where(entry => entry.Key != Floor))
        {
            if (name == "spt halt, resident")
            {
                targets.AtMost(name, time.Sum / floor.Sum, "", 0.5, Slack);
            }
            else
            {
                Targets.Figure(name, time.Sum / floor.Sum, "");
            }

            if (name.EndsWith("resident", StringComparison.Ordinal))
            {
                Targets.Figure("    of it the parent's", time.Parent / floor.Sum, "");
            }
        }

        if (hasKvm)
        {
            double beyond = (median["hvt halt, resident"].Sum - median[KvmName].Sum) / floor.Sum;
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
