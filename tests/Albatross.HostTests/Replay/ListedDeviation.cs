using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Albatross.HostTests.Replay;

/// <summary>
/// The steps of the recorded original that are answered differently on purpose: <c>deviations.jsonl</c> beside this file. Each row says
/// exactly how, and names the row of docs/deviations.md that says why (by the beginning of its first column).
/// </summary>
/// <param name="Row">The beginning of the row.</param>
/// <param name="Payloads">
/// What we answer, in the notation of the vectors; null when only the sequence number in the header of what was recorded is 0 here.
/// </param>
/// <param name="End">What we do with the connection, one of <see cref="Ends"/>; null with null payloads.</param>
internal sealed record ListedDeviation(string Row, JsonArray? Payloads, string? End)
{
    /// <summary>All of one exchange, by the numbers of their steps.</summary>
    public static ImmutableDictionary<int, ListedDeviation> Load(string exchange)
    {
        string file = Path.Combine(Programs.RepositoryRoot, "tests/Albatross.HostTests/Replay/deviations.jsonl");
        var listed = ImmutableDictionary.CreateBuilder<int, ListedDeviation>();
        foreach (JsonObject row in File.ReadLines(file).Select(line => JsonNode.Parse(line)!.AsObject()))
        {
            if ((string)row["exchange"]! == exchange)
            {
                var deviation = new ListedDeviation((string)row["row"]!, row["replies"]?.AsArray(), (string?)row["end"]);
                foreach (JsonNode? step in row["steps"]!.AsArray())
                {
                    listed.Add((int)step!, deviation);
                }
            }
        }

        return listed.ToImmutable();
    }

    /// <summary>How many frames we answer in the place of <paramref name="step"/>, and what we do then.</summary>
    public (int Frames, string End) Expected(RecordedStep step) => (Payloads?.Count ?? step.Count, End ?? step.End);

    /// <summary>Whether this is how we answer.</summary>
    public bool Is(RecordedStep step, Answer ours) => Payloads is null
        ? ours.DifferenceTo(step.WithSequence0()) is null
        : ours.End == End && JsonNode.DeepEquals(ours.Payloads(step.Varies), Payloads);
}
