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
    private Name _one;

    [Params(10, 1_000, 10_000)]
    public int Unikernels { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _host = Host.Of(Unikernels);
        _one = Host.NameOf(Unikernels / 3);
        _map = _host.State.Unikernels.ToImmutableSortedDictionary(entry => entry.Key, object (entry) => entry.Value);
    }

    [BenchmarkCategory("step"), Benchmark(Baseline = true)]
    public object ReplaceOneEntry() => _map.SetItem(_one, new object());

    [BenchmarkCategory("step"), Benchmark(OperationsPerInvoke = Host.StepsOfALife)]
    public void StepOfALife() => _host.LiveOnce();

    [BenchmarkCategory("step"), Benchmark(OperationsPerInvoke = Host.StepsOfARestart)]
    public void StepOfARestart() => _host.RestartOnce(_one);

    [BenchmarkCategory("step"), Benchmark]
    public object InfoOfOne() => _host.Info(_one);
}
