using Albatross.Linux;
using Albatross.Orchestration.Sampling;
using Albatross.Policy.Names;
using Prometheus;

namespace Albatross.Daemon.Stats;

/// <summary>
/// The metrics page: what is known of each unikernel, sampled when the page is asked for, and of this process. The only class
/// that knows prometheus-net.
/// </summary>
internal sealed class UnikernelMetrics
{
    private static readonly string[] Labels = ["unikernel", "path"];

    private readonly Gauge _up;
    private readonly Gauge _startTime;
    private readonly Gauge _resident;
    private readonly Counter _restarts;
    private readonly Gauge _crashLoop;
    private readonly Counter _cpu;
    private readonly Dictionary<Name, int> _shown = [];
    private readonly long _bootTime = HostFacts.BootTimeSeconds;
    private Func<WatchedTenders> _watched = () => WatchedTenders.None;

    public UnikernelMetrics(string version)
    {
        MetricFactory factory = Metrics.WithCustomRegistry(Registry);
        var gauge = new GaugeConfiguration { LabelNames = Labels, SuppressInitialValue = true };
        var counter = new CounterConfiguration { LabelNames = Labels, SuppressInitialValue = true };
        _up = factory.CreateGauge("albatross_unikernel_up", "1 while the unikernel's tender runs, 0 when it has ended.", gauge);
        _startTime = factory.CreateGauge("albatross_unikernel_start_time_seconds", "When the tender was started, since 1970.", gauge);
        _resident = factory.CreateGauge("albatross_unikernel_resident_bytes", "Resident memory of the tender, guest included.", gauge);
        _restarts = factory.CreateCounter(
            "albatross_unikernel_restarts_total", "How often it was started again under its name since it became known.", counter);
        _crashLoop = factory.CreateGauge(
            "albatross_unikernel_crash_loop", "1 while it ended several times in a row before it had settled, else 0.", gauge);
        _cpu = factory.CreateCounter("albatross_unikernel_cpu_seconds_total", "CPU time of the tender, guest included.", counter);
        factory.CreateGauge("albatross_build_info", "Always 1; the version is a label.", ["version"]).WithLabels(version).Set(1);
        DotNetStats.Register(Registry);
        Registry.AddBeforeCollectCallback(Sample);
    }

    /// <summary>What the page shows.</summary>
    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    /// <summary>Where the tenders are known from. Called at every scrape.</summary>
    public void Watch(Func<WatchedTenders> watched) => _watched = watched;

    private void Sample()
    {
        var tenders = _watched().Forget(DateTimeOffset.UtcNow).Tenders;
        lock (_shown)
        {
            foreach (Name gone in _shown.Keys.Where(name => !tenders.ContainsKey(name)).ToList())
            {
                Remove(LabelsOf(gone), all: true);
                _shown.Remove(gone);
            }

            foreach ((Name name, WatchedTender tender) in tenders)
            {
                Show(name, tender);
            }
        }
    }

    private void Show(Name name, WatchedTender tender)
    {
        string[] labels = LabelsOf(name);
        ProcessStatus? status = tender.EndedAt is null ? ProcessStatus.Of(tender.ProcessId) : null;
        _up.WithLabels(labels).Set(status is null ? 0 : 1);
        _crashLoop.WithLabels(labels).Set(tender.IsCrashLoop ? 1 : 0);
        _restarts.WithLabels(labels).IncTo(tender.Starts - 1);
        if (_shown.TryGetValue(name, out int shown) && (shown != tender.ProcessId || status is null))
        {
            Remove(labels, all: false);   // a counter never falls: another process is another series
        }

        _shown[name] = tender.ProcessId;
        if (status is not null)
        {
            _startTime.WithLabels(labels).Set(_bootTime + status.StartTicks / (double)ProcessStatus.TicksPerSecond);
            _resident.WithLabels(labels).Set(ProcessStatus.ExactResidentBytes(tender.ProcessId) ?? status.ResidentBytes);
            _cpu.WithLabels(labels).IncTo(status.CpuSeconds);
        }
    }

    private void Remove(string[] labels, bool all)
    {
        _startTime.RemoveLabelled(labels);
        _resident.RemoveLabelled(labels);
        _cpu.RemoveLabelled(labels);
        if (all)
        {
            _up.RemoveLabelled(labels);
            _crashLoop.RemoveLabelled(labels);
            _restarts.RemoveLabelled(labels);
        }
    }

    private static string[] LabelsOf(Name name) => [name.ToString(), name.Path.ToString()];
}
