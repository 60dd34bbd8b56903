using System.Runtime.InteropServices;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Tests.Protocol;

public sealed class StateCodecTests
{
    private const int Mib = 1 << 20;
    private const int Mutations = 60_000;

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("a wire message", "30183010020105040800000000000000000c013aa104a0020500")]
    [InlineData("current without policies", "a60430023000")]
    [InlineData("current with a third list", "a6083006300030003000")]
    [InlineData("current with trailing bytes inside", "a6083004300030000500")]
    [InlineData("trailing bytes", "a60630043000300000")]
    [InlineData("cut short", "a606300430003000", 7)]
    [InlineData("indefinite length", "a680300430003000" + "0000")]
    [InlineData("a set of unikernels", "a606300431003000")]
    [InlineData("primitive tag", "8606300430003000")]
    [InlineData("policies in version 3", "a306300430003000")]
    [InlineData("an entry without a value", "a60c300a3000" + "3006" + "3004" + "0c02613a")]
    [InlineData("an entry with a third element", "a61e301c3000" + "3018" + "3016" + "0c02613a" + "300e3003020100020101020202003000" + "0500")]
    [InlineData("image choice 3 of version 0", "a116301430120c013a300d" + "020100020120" + "a3050403007a7a")]
    public void What_is_no_state_is_malformed(string what, string hex, int length = -1)
    {
        byte[] der = Convert.FromHexString(hex);

        Assert.False(StateCodec.TryDecode(der.AsMemory(0, length < 0 ? der.Length : length), out _, out Refusal? refusal), what);
        Assert.Equal(RefusalCode.Malformed, refusal.Code);
    }

    [Fact]
    public void A_state_of_a_newer_version_is_refused_with_its_number()
    {
        Assert.False(StateCodec.TryDecode(Convert.FromHexString("a7020500"), out _, out Refusal? refusal));
        Assert.Equal(
            new Refusal(RefusalCode.UnknownTag, "a state of version [7]: this version reads [0] to [6], so a newer one wrote it"), refusal);
    }

    [Theory]
    [InlineData("a path twice", "0c02613a", "0c02613a", RefusalCode.AlreadyExists, "the state has two policies at a:")]
    [InlineData("a path and a label of one spelling", "0c02613a", "0c023a61", RefusalCode.AlreadyExists, "the state has two policies at :a")]
    [InlineData("an upper-case spelling", "0c023a61", "0c023a41", RefusalCode.AlreadyExists, "the state has two policies at :a")]
    [InlineData("an invalid name", "0c02613a", "0c02612f", RefusalCode.InvalidName, null)]
    [InlineData("two colons", "0c02613a", "0c023a3a", RefusalCode.InvalidName, null)]
    public void Two_entries_at_one_place_and_bad_names_are_refused(
        string what, string first, string second, RefusalCode code, string? text)
    {
        const string Policy = "300e3003020100020101020202003000";
        byte[] der = Convert.FromHexString("a6323030" + "3000" + "302c" + $"3014{first}{Policy}" + $"3014{second}{Policy}");

        Assert.False(StateCodec.TryDecode(der, out _, out Refusal? refusal), what);
        Assert.Equal(code, refusal.Code);
        Assert.Equal(text ?? refusal.Text, refusal.Text);
    }

    [Fact]
    public void An_empty_name_is_refused()
    {
        byte[] der = Convert.FromHexString("a61a3018" + "3000" + "3014" + "3012" + "0c00" + "300e3003020100020101020202003000");

        Assert.False(StateCodec.TryDecode(der, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.InvalidName, "empty name"), refusal);
    }

    [Fact]
    public void Entries_are_written_depth_first_with_siblings_ascending()
    {
        var policy = new ResourcePolicy(1, new([0]), 64, null, default);
        string[] unsorted = ["z:", ":", "a:b:", "a-:", "a:", "a.b:", "a:a:"];
        StoredState state = StoredState.Empty with
        {
            Policies = unsorted.ToImmutableSortedDictionary(NameOf, _ => policy),
        };

        Assert.True(StateCodec.TryDecode(StateCodec.Encode(state), out StoredState? read, out _));
        Assert.Equal([":", "a:", "a:a:", "a:b:", "a-:", "a.b:", "z:"], read.Policies.Keys.Select(name => name.ToString()));
    }

    [Fact]
    public void An_image_is_a_slice_of_the_file_and_is_copied_once_when_written()
    {
        var settings = new UnikernelSettings(new FailBehaviour.Quit(), null, true, new([0]), 32, [], [], null);
        StoredState state = StoredState.Empty with
        {
            Unikernels = StoredState.Empty.Unikernels.Add(
                NameOf(":big"), new UnikernelConfig(ImageType.Solo5, false, new byte[10 * Mib], settings)),
        };
        StateCodec.Encode(state);

        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] file = StateCodec.Encode(state);
        long written = GC.GetAllocatedBytesForCurrentThread() - before - file.Length;
        Assert.True(StateCodec.TryDecode(file, out StoredState? read, out _));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before - written - file.Length;

        Assert.InRange(written, 0, 16 << 10);
        Assert.InRange(allocated, 0, 16 << 10);
        Assert.True(MemoryMarshal.TryGetArray(read.Unikernels.Single().Value.Image, out ArraySegment<byte> image));
        Assert.Same(file, image.Array);
    }

    [Fact]
    public void More_list_elements_than_allowed_are_refused()
    {
        byte[] cpus = [.. Enumerable.Repeat<byte[]>([0x02, 0x01, 0x00], 1_048_577).SelectMany(bytes => bytes)];
        byte[] policy = Tlv(0x30, [.. Tlv(0x30, cpus), 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x30, 0x00]);
        byte[] entry = Tlv(0x30, [0x0c, 0x01, 0x3a, .. policy]);
        byte[] der = Tlv(0xa6, Tlv(0x30, [0x30, 0x00, .. Tlv(0x30, entry)]));

        Assert.False(StateCodec.TryDecode(der, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.TooLarge, "the lists of a state have more than 1048576 elements"), refusal);
    }

    [Fact]
    public void What_is_written_is_read_again_and_has_one_encoding()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            StoredState state = new WireGenerator(seed).AnyState();
            byte[] der = StateCodec.Encode(state);

            Assert.True(StateCodec.TryDecode(der, out StoredState? read, out Refusal? refusal), $"seed {seed}: {refusal}");
            Assert.Equal(state.Unikernels.Keys, read.Unikernels.Keys);
            Assert.Equal(state.Policies, read.Policies);
            Assert.True(der.AsSpan().SequenceEqual(StateCodec.Encode(read)), $"seed {seed}: another encoding of the same state");
        }
    }

    [Fact]
    public void Mutated_states_are_read_or_refused_and_what_is_read_can_be_written()
    {
        byte[][] bases = [.. WireVectors.All.Where(row => row.Kind.StartsWith("state", StringComparison.Ordinal)).Select(row => row.Der)];
        var random = new Random(20261124);
        int accepted = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] der = WirePropertyTests.Mutate(random, bases);
            if (!StateCodec.TryDecode(der, out StoredState? state, out Refusal? refusal))
            {
                Assert.NotEmpty(refusal.Text);
                continue;
            }

            accepted++;
            byte[] again = StateCodec.Encode(state);
            Assert.True(StateCodec.TryDecode(again, out StoredState? second, out refusal), $"mutation {i}: {refusal}");
            Assert.Equal(again, StateCodec.Encode(second));
        }

        Assert.InRange(accepted, Mutations / 50, Mutations);
    }

    private static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new InvalidOperationException(refusal.Text);

    private static byte[] Tlv(byte tag, byte[] content) => content.Length < 0x80
        ? [tag, (byte)content.Length, .. content]
        : [tag, 0x83, (byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content];
}
