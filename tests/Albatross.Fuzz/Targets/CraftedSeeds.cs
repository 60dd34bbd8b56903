using System.Text;
using Albatross.Fuzz.Mutation;

namespace Albatross.Fuzz.Targets;

/// <summary>Inputs for what no golden file has: the limits, and the names of a server.</summary>
internal static class CraftedSeeds
{
    private static readonly byte[] SubjectAlternativeName = [0x55, 0x1d, 0x11];
    private static readonly Lazy<List<byte[]>> Made = new(() => [.. MakeCertificates()]);

    /// <summary>A restart with one more argument than a command may have elements of lists.</summary>
    public static byte[] Restart(int most)
    {
        List<DerNode> message = DerNode.Parse(
            Convert.FromHexString("30363015020105040800000000000000000c063a68656c6c6f"
                + "a01da31bae19a3173015a00205000101ff3103020100020120a20430020c00"), false);
        DerNode.Places(message).Select(place => place.Siblings[place.At]).Last(node => node.Tag == 0x30).Children =
            [.. Enumerable.Repeat(DerNode.Primitive(0x0c, []), most + 1)];
        return DerNode.Write(message);
    }

    /// <summary>
    /// Certificates with names of a server, with too many of something, or with too long a name; their signatures are wrong, which reading
    /// does not look at.
    /// </summary>
    public static IReadOnlyList<byte[]> Certificates() => Made.Value;

    private static IEnumerable<byte[]> MakeCertificates()
    {
        DerNode dns = DerNode.Primitive(0x82, "alba.example.org"u8.ToArray()), ip = DerNode.Primitive(0x87, [127, 0, 0, 1]);
        DerNode mail = DerNode.Primitive(0x81, "a@b"u8.ToArray()), ip6 = DerNode.Primitive(0x87, new byte[16]);
        yield return WithExtensions([Extension(SubjectAlternativeName, DerNode.Constructed(0x30, dns, ip, mail, ip6))]);
        yield return WithExtensions([Extension(SubjectAlternativeName, DerNode.Constructed(0x30, DerNode.Primitive(0x87, [1, 2, 3])))]);
        yield return WithExtensions([Extension(SubjectAlternativeName, DerNode.Constructed(0x30, Enumerable.Repeat(dns, 101).ToList()))]);
        yield return WithExtensions(
            [.. Enumerable.Range(0, 65).Select(i => Extension([0x2a, 0x03, (byte)i], DerNode.Primitive(0x05, [])))]);
        yield return WithExtensions([]);
        yield return WithSubject([.. Enumerable.Repeat(Attribute("x"u8.ToArray()), 65)]);
        yield return WithSubject([Attribute(Encoding.ASCII.GetBytes(new string('x', 70_000)))]);
        DerNode bits = DerNode.Constructed(0x30, DerNode.Primitive(0x06, [0x55, 4, 6]), DerNode.Primitive(0x03, [0, 1]));
        yield return WithSubject([DerNode.Constructed(0x31, bits)]);
    }

    private static DerNode Attribute(byte[] text) =>
        DerNode.Constructed(0x31, DerNode.Constructed(0x30, DerNode.Primitive(0x06, [0x55, 4, 10]), DerNode.Primitive(0x0c, text)));

    private static DerNode Extension(byte[] oid, DerNode value) =>
        DerNode.Constructed(0x30, DerNode.Primitive(0x06, oid), DerNode.Primitive(0x04, DerNode.Write([value])));

    private static byte[] WithExtensions(List<DerNode> extensions) =>
        Changed(body => body[^1] = DerNode.Constructed(0xa3, DerNode.Constructed(0x30, extensions)));

    private static byte[] WithSubject(List<DerNode> parts) => Changed(body => body[5] = DerNode.Constructed(0x30, parts));

    private static byte[] Changed(Action<List<DerNode>> change)
    {
        List<DerNode> certificate = DerNode.Parse(GoldenSeeds.PemContents("server.pem")[0], false);
        change(certificate[0].Children![0].Children!);
        return DerNode.Write(certificate);
    }
}
