using System.Diagnostics;
using System.Text.Json.Nodes;
using Albatross.Policy;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Protocol;

/// <summary>What holds for all messages, tried on many by seed; a failure names the seed or the bytes.</summary>
public sealed class WirePropertyTests
{
    private const int Messages = 5_000;
    private const int Mutations = 200_000;

    [Fact]
    public void What_is_written_is_read_again_and_has_one_encoding()
    {
        for (int seed = 0; seed < Messages; seed++)
        {
            Wire wire = new WireGenerator(seed).Next();
            byte[] der = WireCodec.Encode(wire);

            Assert.True(WireCodec.TryDecode(der, out Wire? read, out Refusal? refusal), $"seed {seed}: {refusal}");
            string written = InAnyOrder(VectorRendering.Render(wire)).ToJsonString();
            Assert.Equal((seed, written), (seed, InAnyOrder(VectorRendering.Render(read)).ToJsonString()));
            Assert.True(der.AsSpan().SequenceEqual(WireCodec.Encode(read)), $"seed {seed}: another encoding of the same message");
        }
    }

    [Fact]
    public void A_command_written_into_a_certificate_is_read_again()
    {
        for (int seed = 0; seed < Messages; seed++)
        {
            Command command = new WireGenerator(seed).AnyCommand();
            byte[] der = ExtensionCodec.Encode(command);

            Assert.True(ExtensionCodec.TryDecode(der, out Command? read, out Refusal? refusal), $"seed {seed}: {refusal}");
            Assert.True(der.AsSpan().SequenceEqual(ExtensionCodec.Encode(read)), $"seed {seed}: another encoding of the same command");
        }
    }

    [Fact]
    public void Every_message_that_is_cut_short_is_refused()
    {
        foreach (WireVector vector in WireVectors.OfKind("wire", 215).Where(vector => vector.Der.Length < 2_000))
        {
            for (int length = 0; length < vector.Der.Length; length++)
            {
                Assert.False(WireCodec.TryDecode(vector.Der.AsMemory(0, length), out _, out _), $"{vector.Id} cut to {length} bytes");
            }
        }
    }

    [Fact]
    public void Mutated_messages_are_read_or_refused_in_time_and_what_is_read_can_be_written()
    {
        byte[][] bases = [.. WireVectors.All.Select(row => row.Der).Where(der => der.Length is > 0 and < 5_000)];
        var random = new Random(20261124);
        int accepted = 0;
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Mutations; i++)
        {
            byte[] der = Mutate(random, bases);
            try
            {
                accepted += Handle(der) ? 1 : 0;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"mutation {i}: {Convert.ToHexStringLower(der)}", e);
            }
        }

        // Some mutations must still be messages, or the encoders were not tried. Ten times what it takes is allowed.
        Assert.InRange(accepted, Mutations / 50, Mutations);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 60);
    }

    private static bool Handle(byte[] der)
    {
        if (ExtensionCodec.TryDecode(der, out Command? command, out _) && command is not Command.Unknown)
        {
            byte[] written = ExtensionCodec.Encode(command);
            return ExtensionCodec.TryDecode(written, out Command? read, out _) && Same(written, ExtensionCodec.Encode(read));
        }

        if (!WireCodec.TryDecode(der, out Wire? wire, out Refusal? refusal))
        {
            Assert.NotEmpty(refusal.Text);
            return false;
        }

        if (wire is Wire.Request { Command: Command.Unknown } or Wire.Answer { Reply: Reply.Unknown })
        {
            return false;
        }

        byte[] again = WireCodec.Encode(wire);
        return WireCodec.TryDecode(again, out Wire? second, out _) && Same(again, WireCodec.Encode(second));
    }

    private static bool Same(byte[] first, byte[] second)
    {
        Assert.Equal(first, second);
        return true;
    }

    internal static byte[] Mutate(Random random, byte[][] bases)
    {
        List<byte> bytes = [.. bases[random.Next(bases.Length)]];
        for (int edits = random.Next(1, 4); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes[at] += (byte)random.Next(-2, 3); break;
                case 3: bytes.Insert(at, (byte)random.Next(256)); break;
                case 4: bytes.RemoveRange(at, Math.Min(random.Next(1, 4), bytes.Count - at)); break;
                default: Splice(random, bytes, at, bases[random.Next(bases.Length)]); break;
            }
        }

        return [.. bytes];
    }

    private static void Splice(Random random, List<byte> bytes, int at, byte[] other)
    {
        int from = random.Next(other.Length);
        foreach (byte value in other.AsSpan(from, Math.Min(random.Next(1, 12), Math.Min(other.Length - from, bytes.Count - at))))
        {
            bytes[at++] = value;
        }
    }

    // The wire sorts sets: lists are compared without their order.
    private static JsonNode InAnyOrder(JsonNode node) => node switch
    {
        JsonArray array => new JsonArray([
            .. array.Select(item => item is null ? null : InAnyOrder(item)).OrderBy(item => item?.ToJsonString(), StringComparer.Ordinal)]),
        JsonObject value => new JsonObject(value.Select(InAnyOrder)),
        _ => node.DeepClone(),
    };

    private static KeyValuePair<string, JsonNode?> InAnyOrder(KeyValuePair<string, JsonNode?> pair) =>
        KeyValuePair.Create(pair.Key, pair.Value is null ? null : InAnyOrder(pair.Value));
}
