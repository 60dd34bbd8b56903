using System.Text;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;

namespace Albatross.Fuzz.Oracle;

/// <summary>Makes encodings of any type of the module: good ones, and in the liberties that section 2 leaves, odd ones.</summary>
internal static class SchemaSamples
{
    private static readonly string[] Names = [":", ":hello", "foo:", "foo:bar:", "foo:Web", "hello", ":foo:bar", "a:b:c:d", "x.y:-"];

    private static readonly string[] Times =
    [
        "20230312234215Z", "20250828130451.042Z", "19691231235959Z", "20231231235960Z", "20230101120000.5Z", "202301011200+0130",
        "2023010112",
    ];

    private static readonly long[] Numbers =
        [0, 1, 2, 5, 127, 128, 255, 256, 512, -1, -128, -129, 65_535, int.MaxValue, int.MinValue, 1L << 32, (1L << 62) - 1, -(1L << 62)];

    /// <summary>An encoding of <paramref name="type"/>.</summary>
    public static byte[] Make(Asn1Type type, SeededRandom random) => DerNode.Write([Node(type, null, random)]);

    private static DerNode Field(Asn1Field field, SeededRandom random) => field.Tag switch
    {
        null => Node(field.Type, null, random),
        { } tag when field.IsImplicit => Node(field.Type, (byte)(0xa0 + tag), random),
        { } tag => DerNode.Constructed((byte)(0xa0 + tag), Node(field.Type, null, random)),
    };

    private static DerNode Node(Asn1Type type, byte? tag, SeededRandom random) => type.Kind switch
    {
        Asn1Kind.Choice => Field(random.Pick(type.Fields), random),
        Asn1Kind.Sequence => DerNode.Constructed(
            tag ?? 0x30, type.Fields.Where(field => !field.IsOptional || random.OneIn(2)).Select(field => Field(field, random)).ToList()),
        Asn1Kind.SequenceOf or Asn1Kind.SetOf => DerNode.Constructed(
            SchemaDecoder.TagOf(type.Kind), Enumerable.Range(0, random.Below(4)).Select(_ => Field(type.Element!, random)).ToList()),
        var kind => DerNode.Primitive(SchemaDecoder.TagOf(kind), Content(type, random)),
    };

    private static byte[] Content(Asn1Type type, SeededRandom random) => (type.Kind, type.Name) switch
    {
        (Asn1Kind.Boolean, _) => [random.OneIn(8) ? (byte)random.Next() : random.OneIn(2) ? (byte)0 : (byte)0xff],
        (Asn1Kind.Integer, "Version") => random.OneIn(64) ? [(byte)random.Below(8)] : [5],
        (Asn1Kind.Integer, _) => Integer(random),
        (Asn1Kind.OctetString, _) when type.Size is { } size => random.Bytes(size + (random.OneIn(32) ? random.Below(3) - 1 : 0)),
        (Asn1Kind.OctetString, _) => random.Bytes(random.Length(200)),
        (Asn1Kind.Null, _) => [],
        (Asn1Kind.GeneralizedTime, _) => Encoding.ASCII.GetBytes(random.Pick(Times)),
        (_, "Name") => Encoding.ASCII.GetBytes(random.Pick(Names)),
        _ => random.Bytes(random.Length(40)),
    };

    private static byte[] Integer(SeededRandom random)
    {
        long value = random.OneIn(2) ? random.Below(10) : random.Pick(Numbers);
        var digits = new List<byte> { (byte)value };
        while (value is < -128 or > 127)
        {
            value >>= 8;
            digits.Insert(0, (byte)value);
        }

        return [.. digits];
    }
}
