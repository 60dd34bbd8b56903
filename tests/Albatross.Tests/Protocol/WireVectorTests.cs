using System.Text.Json.Nodes;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Protocol;

/// <summary>What the real Albatross wrote is read as it reads it and written again as it writes it.</summary>
public sealed class WireVectorTests(ITestOutputHelper output)
{
    // The real decoder refuses these tags and closes; ours answers, so it reads them as unknown commands (deviation: unknown tags).
    private static readonly ImmutableDictionary<string, string> ReadAsUnknown = ImmutableDictionary.CreateRange(
        new int[] { 1, 4, 5, 7, 8, 12, 13 }.Select(tag => KeyValuePair.Create($"odd-unikernel-tag-{tag}", $"unikernel command [{tag}]")));

    // Where the real sentence is known to people (its log, our log), ours says the same.
    private static readonly ImmutableArray<string> SameSentence =
        ["odd-version-4", "odd-version-6", "odd-name-empty", "odd-log-data"];

    [Fact]
    public void Every_message_is_read_as_the_original_reads_it_and_written_as_it_writes_it()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("wire", 215);
        foreach (WireVector vector in rows)
        {
            Wire wire = Decode(vector);

            AssertSame(vector, vector.Decoded, VectorRendering.Render(wire));
            byte[] again = vector.Bytes("reencoded") ?? vector.Der;
            AssertSame(vector, again, WireCodec.Encode(wire));
            byte[] framed = WireCodec.EncodeFramed(wire);
            AssertSame(vector, again, framed[4..]);
            if (vector.Bytes("reencoded") is null)
            {
                AssertSame(vector, vector.Bytes("framed")!, framed);
            }
        }

        output.WriteLine($"wire: {rows.Length} rows equal, value and bytes");
    }

    [Fact]
    public void Old_forms_are_read_with_the_defaults_of_the_original_and_written_in_the_new_form()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("wire-decode-only", 6);
        foreach (WireVector vector in rows)
        {
            Wire wire = Decode(vector);

            AssertSame(vector, vector.Decoded, VectorRendering.Render(wire));
            AssertSame(vector, vector.Bytes("reencoded")!, WireCodec.Encode(wire));
        }

        output.WriteLine($"wire-decode-only: {rows.Length} rows equal, value and bytes");
    }

    [Fact]
    public void Every_certificate_extension_is_read_and_written_as_by_the_original()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("cert-extension", 120);
        foreach (WireVector vector in rows)
        {
            Assert.True(ExtensionCodec.TryDecode(vector.Der, out Command? command, out Refusal? refusal), $"{vector.Id}: {refusal}");

            AssertSame(vector, vector.Decoded, new JsonObject { ["version"] = 5, ["command"] = VectorRendering.Render(command) });

            // An instant finer than a millisecond keeps its ".000" in the bytes but not in the value.
            byte[] expected = vector.Id == "ext-console-subscribe-since-1ps" ? EncodeOfWholeSecond() : vector.Der;
            AssertSame(vector, expected, ExtensionCodec.Encode(command));
        }

        output.WriteLine($"cert-extension: {rows.Length} rows equal, value and (but for one instant finer than a millisecond) bytes");
    }

    [Fact]
    public void Odd_messages_have_the_verdict_of_the_original()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("wire-odd", 76);
        foreach (WireVector vector in rows)
        {
            bool accepted = WireCodec.TryDecode(vector.Der, out Wire? wire, out Refusal? refusal);
            if (ReadAsUnknown.TryGetValue(vector.Id, out string? where))
            {
                var request = Assert.IsType<Wire.Request>(wire);
                Assert.Equal(where, Assert.IsType<Command.Unknown>(request.Command).Where);
                Assert.Equal(":hello", request.Header.Name.ToString());
                continue;
            }

            // An exception of the original is the end of its process: refused here.
            AssertVerdict(vector, accepted, refusal);
            if (accepted)
            {
                AssertSame(vector, vector.Decoded, VectorRendering.Render(wire!));
                AssertSame(vector, vector.Bytes("reencoded")!, WireCodec.Encode(wire!));
            }
            else if (SameSentence.Contains(vector.Id))
            {
                Assert.Equal(vector.Text("message"), refusal!.Text);
            }
        }

        output.WriteLine($"wire-odd: {rows.Length} verdicts equal, 7 of them unknown tags");
    }

    [Fact]
    public void Odd_certificate_extensions_have_the_verdict_of_the_original()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("cert-extension-odd", 5);
        foreach (WireVector vector in rows)
        {
            bool accepted = ExtensionCodec.TryDecode(vector.Der, out Command? command, out Refusal? refusal);

            AssertVerdict(vector, accepted, refusal);
            if (accepted)
            {
                AssertSame(vector, vector.Decoded["command"]!, VectorRendering.Render(command!));
            }
        }

        output.WriteLine($"cert-extension-odd: {rows.Length} verdicts equal");
    }

    private static void AssertVerdict(WireVector vector, bool accepted, Refusal? refusal) => Assert.True(
        accepted == (vector.Verdict == "accept"),
        $"{vector.Id}: {vector.Verdict} by the original, here: {refusal?.Text ?? "accept"}");

    private static byte[] EncodeOfWholeSecond() => WireVectors.All.Single(row => row.Id == "ext-console-subscribe-since-whole").Der;

    private static Wire Decode(WireVector vector)
    {
        Assert.True(WireCodec.TryDecode(vector.Der, out Wire? wire, out Refusal? refusal), $"{vector.Id}: {refusal}");
        return wire;
    }

    private static void AssertSame(WireVector vector, JsonNode expected, JsonNode actual) => Assert.True(
        JsonNode.DeepEquals(expected, actual),
        $"{vector.Id}\nexpected {expected.ToJsonString()}\nactual   {actual.ToJsonString()}");

    private static void AssertSame(WireVector vector, byte[] expected, byte[] actual) => Assert.True(
        expected.AsSpan().SequenceEqual(actual),
        $"{vector.Id}\nexpected {Convert.ToHexStringLower(expected)}\nactual   {Convert.ToHexStringLower(actual)}");
}
