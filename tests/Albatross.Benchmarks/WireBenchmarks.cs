using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using BenchmarkDotNet.Attributes;

namespace Albatross.Benchmarks;

/// <summary>A message decoded by us and walked by the platform, encoded by us and written by the platform; the platform is 1.00.</summary>
public abstract class WireBenchmarks
{
    private readonly Wire _wire;
    private readonly byte[] _bytes;
    private readonly ImmutableArray<PlatformAsn1.Element> _plan;

    private protected WireBenchmarks(Wire wire)
    {
        _wire = wire;
        _bytes = WireCodec.Encode(wire);
        _plan = PlatformAsn1.Plan(_bytes);
        if (!PlatformAsn1.Write(_plan).AsSpan().SequenceEqual(_bytes))
        {
            throw new InvalidOperationException("the platform writes other bytes: nothing to compare with");
        }
    }

    [BenchmarkCategory("decode"), Benchmark(Baseline = true)]
    public int WalkWithAsnReader() => PlatformAsn1.Walk(_bytes);

    [BenchmarkCategory("decode"), Benchmark]
    public Wire Decode() => WireCodec.TryDecode(_bytes, out Wire? wire, out _) ? wire : throw new InvalidOperationException();

    [BenchmarkCategory("encode"), Benchmark(Baseline = true)]
    public byte[] WriteWithAsnWriter() => PlatformAsn1.Write(_plan);

    [BenchmarkCategory("encode"), Benchmark]
    public byte[] Encode() => WireCodec.EncodeFramed(_wire);
}

/// <summary>A create with an image of 10 MiB.</summary>
public class CreateBenchmarks : WireBenchmarks
{
    public CreateBenchmarks()
        : base(Samples.Create()) { }
}

/// <summary>An info reply of 1,000 unikernels.</summary>
public class ListBenchmarks : WireBenchmarks
{
    public ListBenchmarks()
        : base(Samples.List()) { }
}
