using System.Text.Json.Nodes;

namespace Albatross.Tests.Tidy;

/// <summary>What the replay of the recorded original takes for a deviation is one that docs/deviations.md gives a reason and a test for.</summary>
public sealed class ReplayDeviationTests
{
    private static readonly ImmutableArray<JsonObject> Listed =
    [
        .. File.ReadLines(Path.Combine(GoldenFiles.RepositoryRoot, "tests/Albatross.HostTests/Replay/deviations.jsonl"))
            .Select(line => JsonNode.Parse(line)!.AsObject()),
    ];

    [Fact]
    public void Every_listed_deviation_names_exactly_one_row_of_the_document_that_has_a_reason_and_a_test()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(GoldenFiles.RepositoryRoot, "docs/deviations.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))];

        Assert.All(Listed, listed =>
        {
            string named = $"| {listed["row"]}";
            string row = Assert.Single(rows, row => row.StartsWith(named, StringComparison.Ordinal));
            Assert.True(named.Length > 20, $"{named} could be anything");
            Assert.Equal(3, row.Trim('|', ' ').Split(" | ").Count(column => column.Length > 0));
        });
    }

    [Fact]
    public void Every_listed_step_is_recorded_and_listed_once()
    {
        foreach (IGrouping<string, JsonObject> exchange in Listed.GroupBy(listed => (string)listed["exchange"]!))
        {
            var recorded = File.ReadLines(GoldenFiles.PathOf($"exchanges-{exchange.Key}.jsonl")).Select(line => (int)JsonNode.Parse(line)!["step"]!);
            int[] steps = [.. exchange.SelectMany(listed => listed["steps"]!.AsArray()).Select(step => (int)step!)];

            Assert.Equal(steps.Length, steps.Distinct().Count());
            Assert.Empty(steps.Except(recorded));
        }
    }
}
