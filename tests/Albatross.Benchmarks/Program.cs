using Albatross.Benchmarks;
using Albatross.Benchmarks.Tenders;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// usage: tender [--rounds N] measures the tenders (TenderBenchmark), memory the state of vmmd (StateMemory); everything else measures the
// wire and the core: [--job short] [--filter PATTERN …]. Everything runs in this process: nothing is built at run time. Exit status 1 means that an
// image was copied more than once when it was written, or at all when it was read.
const long Slack = 64 << 10;
if (args is ["tender", .. string[] tenderOptions])
{
    return TenderBenchmark.Run(tenderOptions);
}

if (args is ["memory"])
{
    return StateMemory.Run();
}

bool isShort = args is ["--job", "short", ..];
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob((isShort ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance))
    .AddDiagnoser(MemoryDiagnoser.Default)
    .WithArtifactsPath("artifacts/benchmarks")
    .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory)
    .HideColumns(Column.Job, Column.Error, Column.StdDev, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2)
    .WithOption(ConfigOptions.DisableOptimizationsValidator, false);
string[] options = isShort ? args[2..] : args;
Summary[] summaries = [.. BenchmarkSwitcher.FromTypes([typeof(CreateBenchmarks), typeof(ListBenchmarks), typeof(CoreBenchmarks)])
    .Run(options.Length == 0 ? ["--filter", "*"] : options, config)];

bool isCopiedTooOften = false;
foreach (BenchmarkReport report in summaries.SelectMany(summary => summary.Reports).Where(report => report.Success))
{
    (string type, string method) = (report.BenchmarkCase.Descriptor.Type.Name, report.BenchmarkCase.Descriptor.WorkloadMethod.Name);
    long allowed = (type, method) switch
    {
        (nameof(CreateBenchmarks), nameof(WireBenchmarks.Encode)) => Samples.ImageBytes + Slack,
        (nameof(CreateBenchmarks), nameof(WireBenchmarks.Decode)) => Slack,
        _ => long.MaxValue,
    };
    long allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? long.MaxValue;
    if (allocated > allowed)
    {
        Console.Error.WriteLine($"{type}.{method} allocates {allocated} bytes, {allowed} are allowed");
        isCopiedTooOften = true;
    }
}

return isCopiedTooOften || summaries.Length == 0 ? 1 : 0;
