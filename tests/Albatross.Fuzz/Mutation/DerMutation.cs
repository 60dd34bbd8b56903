using System.Text;
using Albatross.Fuzz.Harness;

namespace Albatross.Fuzz.Mutation;

/// <summary>Changes of an encoding that keep most of its structure: elements are removed, doubled, swapped, retagged, refilled.</summary>
internal static class DerMutation
{
    private static readonly byte[] Tags =
        [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x22, 0x24, 0x2c, 0x30, 0x31, 0x80, 0x82, 0xbe, 0xbf, 0x1f];

    private static readonly byte[][] Integers =
    [
        [], [0], [1], [2], [5], [6], [0x7f], [0x80], [0xff], [0, 0x80], [0, 0x7f], [0xff, 0x7f], [0xff, 0x80], [1, 0],
        [0x7f, 0xff, 0xff, 0xff], [0, 0x80, 0, 0, 0], [0x80, 0, 0, 0], [0xff, 0x7f, 0xff, 0xff, 0xff], [1, 0, 0, 0, 0],
        [0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x40, 0, 0, 0, 0, 0, 0, 0], [0xc0, 0, 0, 0, 0, 0, 0, 0],
        [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [1, 0, 0, 0, 0, 0, 0, 0, 0],
    ];

    private static readonly byte[][] Booleans = [[0], [0xff], [1], [0x80], [], [0, 0]];

    private static readonly byte[][] Times =
    [
        .. new[]
        {
            "19700101000000Z", "20231231235960Z", "20231231235961Z", "20240229120000Z", "20230229120000Z", "00010101000000+0001",
            "00010101000000Z", "00000101000000Z", "99991231235959.999Z", "99991231235960Z", "99991231235959-0001", "2023010112Z",
            "202301011230Z", "2023010112", "20230101123", "20230101123015.5Z", "20230101123015.12Z", "20230101123015.1234567Z",
            "20230101123015.12345678Z", "20230101123015.1234", "20230101123015.123", "20230101123015.Z", "20230101123015,5Z",
            "20230101123015+2359", "20230101123015+2400", "20230101123015-0060", "20230101240000Z", "20231301000000Z", "20230100000000Z",
            "20230132000000Z", "20230101126000Z", "20230101123015.999+0130", "20230101123015z", "20230101123015+01", "", "Z",
            "230101123015Z", "500101000000Z", "490101000000Z", "991231235959Z",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly byte[][] Texts =
    [
        .. new[]
        {
            "", ":", "::", ":foo", "foo:", ":foo:", "foo:bar", ":foo:bar", "foo::bar", "foo:bar:", "FOO:Bar", "-foo", "foo:-b", ".", "..",
            ":.", "foo\0", "foo bar", "caf\u00e9", new string('a', 63), new string('a', 64), "a:" + new string('b', 63),
            string.Concat(Enumerable.Repeat("a:", 63)) + "b", string.Concat(Enumerable.Repeat("a:", 64)),
            string.Concat(Enumerable.Repeat("a:", 64)) + "b",
            string.Concat(Enumerable.Repeat("a:", 65)), "service",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc3, 0x28],
    ];

    /// <summary>A few changes; one input in four also gets some at the level of bytes.</summary>
    public static byte[] Apply(SeededRandom random, byte[] input, Corpus corpus, bool encapsulated)
    {
        List<DerNode> roots = DerNode.Parse(input, encapsulated);
        int changes = 1 + (random.OneIn(8) ? random.Below(8) : random.Below(2));
        for (int i = 0; i < changes && roots.Count > 0; i++)
        {
            List<(List<DerNode> Siblings, int At)> places = DerNode.Places(roots);
            (List<DerNode> siblings, int at) = random.Pick(places);
            Change(random, siblings, at, places, corpus, encapsulated);
        }

        byte[] output = DerNode.Write(roots);
        return random.OneIn(4) ? ByteMutation.Apply(random, output, corpus) : output;
    }

    /// <summary>The input without one of its elements, and with one replaced by what is below it.</summary>
    public static IEnumerable<byte[]> Smaller(byte[] input, bool encapsulated)
    {
        int count = DerNode.Places(DerNode.Parse(input, encapsulated)).Count;
        for (int i = 0; i < count; i++)
        {
            List<DerNode> roots = DerNode.Parse(input, encapsulated);
            (List<DerNode> siblings, int at) = DerNode.Places(roots)[i];
            DerNode removed = siblings[at];
            siblings.RemoveAt(at);
            yield return DerNode.Write(roots);
            if (removed.Children is null && removed.Content.Length > 1)
            {
                removed.Content = removed.Content[..(removed.Content.Length / 2)];
                siblings.Insert(at, removed);
                yield return DerNode.Write(roots);
            }
        }
    }

    private static void Change(
        SeededRandom random,
        List<DerNode> siblings,
        int at,
        List<(List<DerNode> Siblings, int At)> places,
        Corpus corpus,
        bool encapsulated)
    {
        DerNode node = siblings[at];
        switch (random.Below(14))
        {
            case 0: siblings.RemoveAt(at); break;
            case 1: siblings.Insert(at, node.Copy()); break;
            case 2:
                int with = random.Below(siblings.Count);
                (siblings[at], siblings[with]) = (siblings[with], siblings[at]);
                break;
            case 3: siblings[at] = CopyOf(random, places); break;
            case 4 or 5: siblings[at] = Foreign(random, corpus, encapsulated, node.Tag) ?? node; break;
            case 6: siblings.Insert(at, CopyOf(random, places)); break;
            case 7: node.Tag = random.Pick(Tags); break;
            case 8: node.Tag = (byte)((node.Tag & 0xe0) | ((node.Tag + random.Below(5) - 2) & 0x1f)); break;
            case 9: siblings[at] = DerNode.Constructed((byte)(0xa0 + random.Below(23)), node); break;
            case 10 when random.OneIn(4): node.RedundantLengthBytes = random.Below(4) - 1; break;
            case 11 when random.OneIn(256): Multiply(random, siblings, at); break;
            case 12 when node.Children is [var only]: siblings[at] = only; break;
            default: Fill(random, node); break;
        }
    }

    private static DerNode CopyOf(SeededRandom random, List<(List<DerNode> Siblings, int At)> places)
    {
        (List<DerNode> siblings, int at) = random.Pick(places);
        return at < siblings.Count ? siblings[at].Copy() : DerNode.Primitive(0x05, []);
    }

    // An element of another input, of the same tag where there is one.
    private static DerNode? Foreign(SeededRandom random, Corpus corpus, bool encapsulated, byte tag)
    {
        List<DerNode> roots = DerNode.Parse(random.Pick(corpus.Inputs), encapsulated);
        List<(List<DerNode> Siblings, int At)> places = DerNode.Places(roots);
        if (places.Count == 0)
        {
            return null;
        }

        int start = random.Below(places.Count);
        for (int i = 0; i < places.Count; i++)
        {
            (List<DerNode> siblings, int at) = places[(start + i) % places.Count];
            if (siblings[at].Tag == tag)
            {
                return siblings[at];
            }
        }

        return places[start].Siblings[places[start].At];
    }

    // Enough to pass the limits of lists.
    private static void Multiply(SeededRandom random, List<DerNode> siblings, int at)
    {
        int times = random.OneIn(4) ? random.Below(70_000) : random.Below(300);
        int size = DerNode.Write([siblings[at]]).Length + 1;
        siblings.InsertRange(at, Enumerable.Repeat(siblings[at], Math.Min(times, ByteMutation.LongestBytes / size)));
    }

    private static void Fill(SeededRandom random, DerNode node)
    {
        if (node.Children is not null)
        {
            node.Children = random.OneIn(3) ? [] : node.Children;
            return;
        }

        node.Content = (node.Tag, random.Below(6)) switch
        {
            (_, 0) => random.Bytes(random.Length(300)),
            (_, 1) => new byte[120 + random.Below(20)],          // about the border between the two forms of length
            (0x01, _) => random.Pick(Booleans),
            (0x02, _) => random.Pick(Integers),
            (0x17 or 0x18, _) => random.Pick(Times),
            (0x04, _) => random.Bytes(random.OneIn(2) ? 8 : 5 + random.Below(5)),
            (0x05, _) => [],
            (0x0c or 0x13 or 0x16 or 0x82, _) => random.Pick(Texts),
            _ => random.Bytes(random.Below(12)),
        };
    }
}
