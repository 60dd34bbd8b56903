using System.Text.Json.Nodes;
using Albatross.Policy;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Tests.Protocol;

/// <summary>State files of every version: read as the real Albatross reads them, written as it writes them.</summary>
public sealed class StateVectorTests(ITestOutputHelper output)
{
    [Fact]
    public void A_state_of_every_version_is_read_with_the_defaults_of_the_original_and_written_in_the_newest()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("state", 9);
        foreach (WireVector vector in rows)
        {
            StoredState state = Decode(vector.Id, vector.Der);

            AssertSame(vector.Id, vector.Decoded, VectorRendering.Render(state));
            AssertSame(vector.Id, vector.Bytes("reencoded") ?? vector.Der, StateCodec.Encode(state));
        }

        Assert.Equal([0xa0, 0xa1, 0xa2, 0xa4, 0xa5, 0xa6], rows.Select(row => (int)row.Der[0]).Distinct().Order());
        output.WriteLine($"state: {rows.Length} of {rows.Length} rows equal, value and bytes");
    }

    [Fact]
    public void Odd_states_have_the_verdict_of_the_original()
    {
        ImmutableArray<WireVector> rows = WireVectors.OfKind("state-odd", 6);
        int accepted = 0;
        foreach (WireVector vector in rows)
        {
            // An exception of the original is the end of its process: refused here.
            bool isGood = StateCodec.TryDecode(vector.Der, out StoredState? state, out Refusal? refusal);
            Assert.True(isGood == (vector.Verdict == "accept"), $"{vector.Id}: {vector.Verdict} by the original, here: {refusal}");
            if (isGood)
            {
                accepted++;
                AssertSame(vector.Id, vector.Decoded, VectorRendering.Render(state!));
            }
        }

        Assert.Equal((6, 2), (rows.Length, accepted));
        output.WriteLine($"state-odd: {rows.Length} of {rows.Length} verdicts equal, {accepted} accepted");
    }

    [Theory]
    [InlineData("local", 2, 6)]
    [InlineData("tls", 6, 12)]
    [InlineData("mixed", 6, 3)]
    public void A_file_that_the_real_daemon_wrote_is_read_and_written_byte_for_byte(string name, int unikernels, int policies)
    {
        byte[] file = File.ReadAllBytes(GoldenFiles.PathOf($"state-dump.{name}"));
        JsonNode content = JsonNode.Parse(File.ReadAllText(GoldenFiles.PathOf($"state-dump.{name}.json")))!;

        StoredState state = Decode(name, file);

        Assert.Equal((unikernels, policies), (state.Unikernels.Count, state.Policies.Count));
        AssertSame(name, content, VectorRendering.Render(state));
        AssertSame(name, file, StateCodec.Encode(state));
        output.WriteLine($"state-dump.{name}: {unikernels} unikernels, {policies} policies, {file.Length} bytes equal");
    }

    private static StoredState Decode(string id, byte[] der)
    {
        Assert.True(StateCodec.TryDecode(der, out StoredState? state, out Refusal? refusal), $"{id}: {refusal}");
        return state;
    }

    private static void AssertSame(string id, JsonNode expected, JsonNode actual) => Assert.True(
        JsonNode.DeepEquals(expected, actual), $"{id}\nexpected {expected.ToJsonString()}\nactual   {actual.ToJsonString()}");

    private static void AssertSame(string id, byte[] expected, byte[] actual) => Assert.True(
        expected.AsSpan().SequenceEqual(actual),
        $"{id}\nexpected {Convert.ToHexStringLower(expected)}\nactual   {Convert.ToHexStringLower(actual)}");
}
