using Albatross.MachineCode.Mutation;
using Albatross.Solo5;

namespace Albatross.Tests.MachineCode;

/// <summary>What makes <c>./check --mutations</c> fail, and that its mutants are mistakes. The run itself takes a minute.</summary>
public sealed class MutationTests
{
    private static readonly IReadOnlyList<Mutant> All = MutationRun.All();

    [Fact]
    public void Every_mutant_has_a_name_of_its_own_and_other_bytes()
    {
        Assert.Equal(All.Count, All.Select(mutant => mutant.Name).Distinct().Count());
        byte[][] right = [LauncherCode.RunLoop.ToArray(), LauncherCode.SptEntry.ToArray(), LauncherCode.SpawnStub.ToArray()];
        Assert.DoesNotContain(All, mutant => right.Any(code => code.AsSpan().SequenceEqual(mutant.Code.Bytes)));
    }

    [Theory]
    [InlineData("hvt check+5 jae: never")]
    [InlineData("hvt block_write+7 shl: immediate + 1")]
    [InlineData("hvt player_next+0 add: immediate - 1")]
    [InlineData("spt enter+3 xor: left out")]
    [InlineData("spawn next+0 add: left out")]
    public void A_mistake_is_caught(string name)
    {
        Mutant mutant = Assert.Single(All, one => one.Name == name);
        Assert.Empty(MutationRun.Run([mutant], seed: 1).Survivors);
    }

    [Fact]
    public void A_mistake_that_makes_no_difference_survives()
    {
        Mutant mutant = Assert.Single(All, one => one.Name == "hvt bad_access+3 jmp: left out");
        Assert.Equal([mutant.Name], MutationRun.Run([mutant], seed: 1).Survivors);
    }

    [Fact]
    public void A_survivor_without_an_explanation_is_a_complaint() =>
        Assert.Equal("not explained: b", new MutationReport(1000, ["a", "b"]).Complaint(Explained("a")));

    [Fact]
    public void An_explanation_of_a_mutant_that_is_caught_is_a_complaint() =>
        Assert.Equal("explained, but caught or not there: b", new MutationReport(1000, ["a"]).Complaint(Explained("a", "b")));

    [Theory]
    [InlineData(100, null)]
    [InlineData(99, "only 97.98 % are caught, 98 % is the least")]
    public void Less_than_98_of_100_is_a_complaint_however_well_explained(int count, string? complaint) =>
        Assert.Equal(complaint, new MutationReport(count, ["a", "b"]).Complaint(Explained("a", "b")));

    [Theory]
    [InlineData("a")]
    [InlineData("a -- ")]
    [InlineData("a -- b\na -- c")]
    public void A_list_without_an_explanation_or_with_two_is_refused(string lines) =>
        Assert.Throws<FormatException>(() => Explanations.Read(lines.Split('\n')));

    [Fact]
    public void Every_explanation_that_is_committed_names_a_mutant()
    {
        string list = Path.Combine(GoldenFiles.RepositoryRoot, "tests/Albatross.MachineCode/survivors.txt");
        Assert.Empty(Explanations.Read(File.ReadLines(list)).Keys.Except(All.Select(mutant => mutant.Name)));
    }

    private static Dictionary<string, string> Explained(params string[] names) => names.ToDictionary(name => name, _ => "why");
}
