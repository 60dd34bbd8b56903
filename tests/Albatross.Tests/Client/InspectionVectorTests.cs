using System.Text;
using System.Text.Json.Nodes;
using Albatross.Client.Inspection;
using Albatross.Tests.Certificates;
using Albatross.Tests.Protocol;

namespace Albatross.Tests.Client;

/// <summary>All rows of tests/golden/wire.jsonl through <c>inspect --hex</c>: one line in, one line out, equal to what the vectors say.</summary>
public sealed class InspectionVectorTests(ITestOutputHelper output)
{
    // An instant finer than a millisecond keeps its ".000" in the bytes but not in the value.
    private const string FinerThanAMillisecond = "ext-console-subscribe-since-1ps";

    // The real decoder refuses these tags; so do we here, but with the header of the message (deviation: unknown tags).
    private static readonly string[] UnknownTags =
        [.. new[] { 1, 4, 5, 7, 8, 12, 13 }.Select(tag => $"odd-unikernel-tag-{tag}")];

    [Theory]
    [InlineData("wire", InspectionKind.Wire, 215)]
    [InlineData("wire-decode-only", InspectionKind.Wire, 6)]
    [InlineData("cert-extension", InspectionKind.Extension, 120)]
    [InlineData("state", InspectionKind.State, 9)]
    internal async Task Every_value_is_shown_and_written_as_the_original_has_it(string kind, InspectionKind inspected, int count)
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind(kind, count);
        JsonObject[] answers = await AskAsync(inspected, rows.Select(row => row.Der));

        int bytesEqual = 0;
        foreach ((WireVector row, JsonObject answer) in rows.Zip(answers))
        {
            Assert.True((bool)answer["ok"]!, $"{row.Id}: {answer}");
            Assert.True(JsonNode.DeepEquals(row.Decoded, answer["value"]), $"{row.Id}\nexpected {row.Decoded}\nactual {answer["value"]}");
            if (row.Id != FinerThanAMillisecond)
            {
                Assert.Equal((row.Id, row.Text("reencoded") ?? row.Text("der")), (row.Id, (string?)answer["der"]));
                bytesEqual++;
            }
        }

        output.WriteLine($"{kind}: {answers.Length} of {rows.Length} values and {bytesEqual} encodings equal");
        Assert.Equal(count, answers.Length);
    }

    [Theory]
    [InlineData("wire-odd", InspectionKind.Wire, 76)]
    [InlineData("cert-extension-odd", InspectionKind.Extension, 5)]
    [InlineData("state-odd", InspectionKind.State, 6)]
    internal async Task Every_odd_value_has_the_verdict_of_the_original(string kind, InspectionKind inspected, int count)
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind(kind, count);
        JsonObject[] answers = await AskAsync(inspected, rows.Select(row => row.Der));
        int accepted = 0, unknown = 0;

        foreach ((WireVector row, JsonObject answer) in rows.Zip(answers))
        {
            Assert.True((bool)answer["ok"]! == (row.Verdict == "accept"), $"{row.Id} is {row.Verdict}, here: {answer}");
            if (row.Verdict == "accept")
            {
                accepted++;
                Assert.True(JsonNode.DeepEquals(row.Decoded, answer["value"]), $"{row.Id}: {answer}");
                Assert.True(row.Text("reencoded") is not { } again || again == (string?)answer["der"], row.Id);
                continue;
            }

            Assert.NotEmpty((string)answer["error"]!);
            bool isUnknown = UnknownTags.Contains(row.Id);
            unknown += isUnknown ? 1 : 0;
            Assert.Equal((row.Id, isUnknown ? ":hello" : null), (row.Id, (string?)answer["header"]?["name"]));
            Assert.True(!isUnknown || (string)answer["code"]! == "unknown-tag", row.Id);
        }

        output.WriteLine($"{kind}: {answers.Length} of {rows.Length} verdicts equal ({accepted} accepted, {unknown} unknown tags)");
        Assert.Equal(count, answers.Length);
    }

    [Fact]
    public async Task Every_framed_message_is_the_message()
    {
        ImmutableArray<WireVector> rows = [.. WireVectors.OfKind("wire", 215).Where(row => row.Text("reencoded") is null)];

        JsonObject[] answers = await AskAsync(InspectionKind.Wire, rows.Select(row => row.Bytes("framed")!));

        Assert.Equal(rows.Select(row => row.Text("der")), answers.Select(answer => (string?)answer["der"]));
    }

    [Fact]
    public void Every_kind_is_told_by_how_it_begins()
    {
        int recognised = 0;
        foreach (WireVector row in WireVectors.All.Where(row => row.Text("verdict") is null or "accept"))
        {
            InspectionKind expected = row.Kind switch
            {
                "cert-extension" or "cert-extension-odd" => InspectionKind.Extension,
                "state" or "state-odd" => InspectionKind.State,
                _ => InspectionKind.Wire,
            };
            Assert.Equal((row.Id, expected), (row.Id, Recognition.KindOf(row.Der)));
            recognised++;
        }

        foreach (string file in Directory.EnumerateFiles(GoldenPki.PathOf(""), "*", SearchOption.AllDirectories))
        {
            InspectionKind? expected = Path.GetExtension(file) switch
            {
                ".pem" => InspectionKind.Certificate,
                ".req" => InspectionKind.Request,
                _ => null,
            };
            if (expected is not null)
            {
                Assert.Equal((file, expected), (file, Recognition.KindOf(File.ReadAllBytes(file))));
                Assert.Equal((file, expected), (file, Recognition.KindOf(GoldenPki.Der(file))));
                recognised++;
            }
        }

        output.WriteLine($"recognised: {recognised} values and files");
        Assert.Null(Recognition.KindOf("# a text"u8));
        Assert.Null(Recognition.KindOf([]));
    }

    private static async Task<JsonObject[]> AskAsync(InspectionKind kind, IEnumerable<byte[]> values)
    {
        string lines = string.Concat(values.Select(value => Convert.ToHexString(value) + "\n"));
        using var answers = new MemoryStream();
        using var input = new MemoryStream(Encoding.ASCII.GetBytes(lines));
        await new LineAnswers(kind, answers).RunAsync(input, TestContext.Current.CancellationToken);
        return [.. Encoding.UTF8.GetString(answers.ToArray()).TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
