using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Expectations;

/// <summary>
/// The table of expectations: everything that the two specifications of Solo5's tenders list as observable, each row with the guest that
/// shows it. A row is found by what stands here: its target, its section, its name.
/// </summary>
public sealed class ExpectationTests
{
    private static readonly Dictionary<string, Expectation> Table = ((IEnumerable<Expectation>)
    [
        .. SuiteExpectations.All, .. CommandLineExpectations.All, .. ImageExpectations.All, .. HypercallExpectations.All,
    ]).ToDictionary(row => row.Key);

    public static TheoryData<string> Rows => [.. Table.Values.Where(row => row.Taps.Length == 0).Select(row => row.Key)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_tender_does_what_its_specification_says(string row)
    {
        using var run = new ExpectationRun(Table[row]);
        run.Compare(await TenderRun.Of(run.Words));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public void Every_test_that_a_specification_lists_has_a_row(GuestTarget target)
    {
        // It needs no tender: the test below.
        string[] elsewhere = target == GuestTarget.Hvt ? ["noexec host"] : [];
        string[] listed = target == GuestTarget.Hvt ? SuiteExpectations.HvtTests : SuiteExpectations.SptTests;
        IEnumerable<string> rows = Table.Values.Where(row => row.Target == target && row.Section == "9").Select(row => row.Name);
        Assert.Equal(listed.Order(StringComparer.Ordinal), rows.Concat(elsewhere).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public async Task A_shell_cannot_run_an_image(GuestTarget target)
    {
        const int NotFound = 127;
        using var image = new ImageFile(SampleGuests.Hello(target));
        File.SetUnixFileMode(image.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        TenderRun run = await TenderRun.Of("/bin/sh", ["-c", image.Path]);
        Assert.Equal((NotFound, ""), (run.Status, run.Output));
        Assert.Contains("not found", run.Error, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The rows that need interfaces.</summary>
    internal static IEnumerable<Expectation> OnNetworks => Table.Values.Where(row => row.Taps.Length > 0);
}
