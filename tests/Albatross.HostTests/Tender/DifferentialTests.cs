using Albatross.MachineCode;
using Albatross.MachineCode.Differential;

namespace Albatross.HostTests.Tender;

/// <summary>
/// Random hypercall programs under KVM against the oracle of the hypercalls, others every day. Longer, or again:
/// <c>dotnet run -c Release --project tests/Albatross.MachineCode -- differential COUNT SEED</c>.
/// </summary>
public sealed class DifferentialTests
{
    [Fact]
    public void Random_guests_do_under_KVM_what_the_oracle_says()
    {
        HostRequirement.Kvm();
        DifferentialReport report = DifferentialRun.Run(count: 400, DailySeed.Today(), threads: 2);
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.Failures.Count == 0, report.ToString());
        Assert.Equal(400, report.Images);
    }
}
