using Albatross.Policy.Names;
using BenchmarkDotNet.Attributes;

namespace Albatross.Benchmarks;

/// <summary>
/// Steps of the orchestrator on a host with few and with many unikernels. The floor, 1.00, is one entry replaced in a persistent map of
/// as many names: less than that a step that changes a unikernel cannot do.
/// </summary>
public class CoreBenchmarks
{
    private Host _host = null!;
    private ImmutableSortedDictionary<Name, object> _map = null!;
    private Name _middle;

    [Params(10, 1_000, 10_000)]
    public int Unikernels { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _host = Host.Of(Unikernels);
        _middle = Host.NameOf(Unikernels / 2);
        _map = _host.State.Unikernels.ToImmutableSortedDictionary(entry => entry.Key, object (entry) => entry.Value);
    }

    [BenchmarkCategory("step"), Benchmark(Baseline = true)]
    public object ReplaceOneEntry() => _map.SetItem(_middle, new object());

    [BenchmarkCategory("step"), Benchmark(OperationsPerInvoke = Host.StepsOfALife)]
    public void StepOfALife() => _host.LiveOnce();

    [BenchmarkCategory("step"), Benchmark(OperationsPerInvoke = Host.StepsOfARestart)]
    public void StepOfARestart() => _host.RestartOnce(_middle);

    [BenchmarkCategory("step"), Benchmark]
    public object InfoOfOne() => _host.Info(_middle);
}
