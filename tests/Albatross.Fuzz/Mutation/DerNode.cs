namespace Albatross.Fuzz.Mutation;

/// <summary>
/// One tag-length-value element of an input, as far as it can be recognised, to be changed and written again with fitting lengths.
/// </summary>
internal sealed class DerNode
{
    private const int DeepestParsed = 24;

    /// <summary>The identifier byte.</summary>
    public byte Tag { get; set; }

    /// <summary>What precedes the children within the content (the unused bits of a BIT STRING), or the whole content.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Elements below, when there are any.</summary>
    public List<DerNode>? Children { get; set; }

    /// <summary>Bytes that are no element: written as they are, without tag and length.</summary>
    public bool IsRaw { get; init; }

    /// <summary>How many bytes more than needed its length takes; -1 writes an indefinite one.</summary>
    public int RedundantLengthBytes { get; set; }

    public static DerNode Primitive(byte tag, byte[] content) => new() { Tag = tag, Content = content };

    public static DerNode Constructed(byte tag, params IEnumerable<DerNode> children) => new() { Tag = tag, Children = [.. children] };

    /// <summary>
    /// Reads what can be read; <paramref name="encapsulated"/> also looks into strings that hold elements, as certificates have them.
    /// </summary>
    public static List<DerNode> Parse(ReadOnlySpan<byte> bytes, bool encapsulated) => ParseAll(bytes, encapsulated, 0, out _);

    /// <summary>All elements at and below <paramref name="roots"/> with the list that they stand in.</summary>
    public static List<(List<DerNode> Siblings, int At)> Places(List<DerNode> roots)
    {
        var places = new List<(List<DerNode>, int)>();
        Collect(roots, places);
        return places;
    }

    /// <summary>The bytes of <paramref name="roots"/>.</summary>
    public static byte[] Write(List<DerNode> roots)
    {
        var output = new List<byte>(256);
        roots.ForEach(root => root.WriteTo(output));
        return [.. output];
    }

    /// <summary>A copy that shares no list.</summary>
    public DerNode Copy() => new()
    {
        Tag = Tag,
        Content = Content,
        Children = Children?.ConvertAll(child => child.Copy()),
        IsRaw = IsRaw,
        RedundantLengthBytes = RedundantLengthBytes,
    };

    private static void Collect(List<DerNode> nodes, List<(List<DerNode>, int)> places)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            places.Add((nodes, i));
            if (nodes[i].Children is { } children)
            {
                Collect(children, places);
            }
        }
    }

    private static List<DerNode> ParseAll(ReadOnlySpan<byte> bytes, bool encapsulated, int depth, out bool whole)
    {
        var nodes = new List<DerNode>();
        whole = true;
        while (!bytes.IsEmpty)
        {
            if (!TryHeader(bytes, out int header, out int length))
            {
                nodes.Add(new DerNode { IsRaw = true, Content = bytes.ToArray() });
                whole = false;
                break;
            }

            nodes.Add(ParseOne(bytes[0], bytes.Slice(header, length), encapsulated, depth));
            bytes = bytes[(header + length)..];
        }

        return nodes;
    }

    private static DerNode ParseOne(byte tag, ReadOnlySpan<byte> content, bool encapsulated, int depth)
    {
        var node = new DerNode { Tag = tag };
        int skip = tag == 0x03 && content.Length > 0 && content[0] == 0 ? 1 : 0;
        bool perhaps = (tag & 0x20) != 0 || (encapsulated && tag is 0x03 or 0x04 && content.Length > skip + 1);
        if (perhaps && depth < DeepestParsed)
        {
            List<DerNode> children = ParseAll(content[skip..], encapsulated, depth + 1, out bool whole);
            if ((tag & 0x20) != 0 || whole)
            {
                node.Content = content[..skip].ToArray();
                node.Children = children;
                return node;
            }
        }

        node.Content = content.ToArray();
        return node;
    }

    private static bool TryHeader(ReadOnlySpan<byte> bytes, out int header, out int length)
    {
        (header, length) = (2, 0);
        if (bytes.Length < 2 || (bytes[0] & 0x1f) == 0x1f)
        {
            return false;
        }

        int count = bytes[1] < 0x80 ? 0 : bytes[1] - 0x80;
        if (bytes[1] == 0x80 || count > 3 || bytes.Length < 2 + count)
        {
            return false;
        }

        length = count == 0 ? bytes[1] : 0;
        for (int i = 0; i < count; i++)
        {
            length = length * 256 + bytes[2 + i];
        }

        header += count;
        return length <= bytes.Length - header;
    }

    private void WriteTo(List<byte> output)
    {
        if (IsRaw)
        {
            output.AddRange(Content);
            return;
        }

        int start = output.Count;
        output.AddRange(Content);
        Children?.ForEach(child => child.WriteTo(output));
        output.InsertRange(start, Header(output.Count - start));
    }

    private byte[] Header(int length)
    {
        if (RedundantLengthBytes < 0)
        {
            return [Tag, 0x80];
        }

        int digits = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
        digits = Math.Min(digits + RedundantLengthBytes, 8);
        byte[] header = new byte[2 + digits];
        header[0] = Tag;
        header[1] = digits == 0 ? (byte)length : (byte)(0x80 + digits);
        for (int i = 0; i < digits; i++)
        {
            int shift = 8 * (digits - 1 - i);
            header[2 + i] = shift > 24 ? (byte)0 : (byte)(length >> shift);
        }

        return header;
    }
}
