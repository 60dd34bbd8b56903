using System.Text;

namespace Albatross.Fuzz.Oracle;

/// <summary>
/// Writes a value in the one way in which the peer writes it: old commands in their newest form, empty sets of devices left out, cpus and
/// started always there, sets sorted.
/// </summary>
internal static class SchemaEncoder
{
    private static readonly Asn1Module Module = Asn1Module.Albatross5;

    // Old alternative -> the present one (section 13: "decoded into the same internal values and never emitted").
    private static readonly Dictionary<(string Choice, string Alternative), string> Successors = new()
    {
        [("UnikernelCmd", "create-v3")] = "create",
        [("UnikernelCmd", "create-v4")] = "create",
        [("UnikernelCmd", "force-create-v3")] = "force-create",
        [("UnikernelCmd", "force-create-v4")] = "force-create",
        [("RestartArgs", "args-v0")] = "args",
        [("RestartArgs", "args-v1")] = "args",
    };

    /// <summary>The encoding of <paramref name="value"/>.</summary>
    public static byte[] Encode(Asn1Value value) => Encode(value, null);

    private static byte[] Encode(Asn1Value value, byte? tag)
    {
        Asn1Kind kind = value.Type.Kind;
        return kind == Asn1Kind.Choice ? EncodeChoice(value) : Wrap(tag ?? SchemaDecoder.TagOf(kind), Content(value));
    }

    private static byte[] Content(Asn1Value value) => value.Type.Kind switch
    {
        Asn1Kind.Boolean => [value.Number == 0 ? (byte)0 : (byte)0xff],
        Asn1Kind.Integer => Integer(value.Number),
        Asn1Kind.Null => [],
        Asn1Kind.Sequence => EncodeFields(value),
        Asn1Kind.SequenceOf => Join(value.Items.Select(Encode)),
        Asn1Kind.SetOf => EncodeSet(value.Type, value.Items),
        _ => value.Bytes,
    };

    private static byte[] EncodeField(Asn1Field field, Asn1Value value) => field.Tag switch
    {
        null => Encode(value),
        { } tag when field.IsImplicit => Encode(value, (byte)(0xa0 + tag)),
        { } tag => Wrap((byte)(0xa0 + tag), Encode(value)),
    };

    private static byte[] EncodeChoice(Asn1Value value)
    {
        (Asn1Field alternative, Asn1Value below) = value.Parts[0];
        if (Successors.TryGetValue((value.Type.Name, alternative.Name), out string? successor))
        {
            alternative = value.Type.Fields.Single(field => field.Name == successor);
            below = Upgrade(below, alternative.Type);
        }

        return EncodeField(alternative, below);
    }

    private static byte[] EncodeFields(Asn1Value value)
    {
        IEnumerable<byte[]> Parts()
        {
            foreach (Asn1Field field in value.Type.Fields)
            {
                Asn1Value? part = value[field.Name] ?? Missing(field);
                bool isEmptySet = field.IsOptional && part is { Type.Kind: Asn1Kind.SetOf, Items.Count: 0 };
                if (part is not null && !isEmptySet)
                {
                    yield return EncodeField(field, value.Type.Name == "Policy" ? Ascending(part) : part);
                }
            }
        }

        return Join(Parts());
    }

    // "Always written".
    private static Asn1Value? Missing(Asn1Field field) => field.Name switch
    {
        "cpus" => new Asn1Value(field.Type) { Number = 1 },
        "started" => new Asn1Value(field.Type) { Bytes = Encoding.ASCII.GetBytes("19700101000000Z") },
        _ => null,
    };

    // cpuids and bridges of a policy are lists in the grammar and sets for the peer.
    private static Asn1Value Ascending(Asn1Value value)
    {
        if (value.Type.Kind != Asn1Kind.SequenceOf)
        {
            return value;
        }

        var items = value.Items.DistinctBy(item => (item.Number, Convert.ToHexString(item.Bytes))).ToList();
        items.Sort((left, right) => left.Number != right.Number
            ? left.Number.CompareTo(right.Number)
            : left.Bytes.AsSpan().SequenceCompareTo(right.Bytes));
        return new Asn1Value(value.Type) { Items = items };
    }

    private static byte[] EncodeSet(Asn1Type type, List<Asn1Value> items)
    {
        // Sets of numbers are sets for the peer; sets of devices are lists that it sorts.
        IEnumerable<Asn1Value> distinct = type.Element!.Type.Kind == Asn1Kind.Integer ? items.DistinctBy(item => item.Number) : items;
        List<byte[]> encodings = [.. distinct.Select(Encode)];
        encodings.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
        return Join(encodings);
    }

    // Section 13: startup none, add-name true, cpus 1, cpuids = { cpuid }.
    private static Asn1Value Upgrade(Asn1Value old, Asn1Type type)
    {
        var result = new Asn1Value(type);
        foreach (Asn1Field field in type.Fields)
        {
            Asn1Value? value = field.Name switch
            {
                "cpuids" => new Asn1Value(field.Type) { Items = { old["cpuid"]! } },
                "add-name" => old["add-name"] ?? new Asn1Value(field.Type) { Number = 1 },
                _ => old[field.Name],
            };
            if (value is not null)
            {
                result.Parts.Add((field, value));
            }
        }

        return result;
    }

    private static byte[] Integer(long value)
    {
        var digits = new List<byte>();
        long rest = value;
        do
        {
            digits.Insert(0, (byte)rest);
            rest >>= 8;
        }
        while (!((rest == 0 && digits[0] < 128) || (rest == -1 && digits[0] >= 128)));

        return [.. digits];
    }

    private static byte[] Wrap(byte tag, byte[] content)
    {
        var length = new List<byte>();
        for (int rest = content.Length; rest > 0; rest /= 256)
        {
            length.Insert(0, (byte)rest);
        }

        return content.Length < 128
            ? [tag, (byte)content.Length, .. content]
            : [tag, (byte)(128 + length.Count), .. length, .. content];
    }

    private static byte[] Join(IEnumerable<byte[]> parts)
    {
        var all = new List<byte>();
        foreach (byte[] part in parts)
        {
            all.AddRange(part);
        }

        return [.. all];
    }
}
