using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Policy;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using static Albatross.Tests.Certificates.RawCertificate;

namespace Albatross.Tests.Certificates;

public sealed class ParsedCertificateTests
{
    private static readonly Lazy<RawCertificate> Root = new(() => Ca("root", null, KeyType.Ed25519));
    private static readonly Lazy<RawCertificate> GoodLeaf = new(() => Leaf("x", Root.Value, KeyType.Ed25519));

    public static TheoryData<string> MalformedNames => [.. Malformed.Keys];

    private static Dictionary<string, Func<byte[]>> Malformed => new()
    {
        ["nothing"] = () => [],
        ["a lone tag"] = () => [0x30],
        ["an empty sequence"] = () => [0x30, 0],
        ["BER: indefinite length of the outer sequence"] = () => [0x30, 0x80, .. GoodLeaf.Value.Der[4..], 0, 0],
        ["BER: length not minimal"] = () => [0x30, 0x83, 0, .. GoodLeaf.Value.Der[2..]],
        ["trailing bytes"] = () => [.. GoodLeaf.Value.Der, 0],
        ["cut short"] = () => GoodLeaf.Value.Der[..^1],
        ["the Albatross extension twice"] = () => WithExtensions(e => [.. e, Extension(AlbatrossOid, InfoCommand)]),
        ["an encoded DEFAULT: critical FALSE"] = () =>
            WithExtensions(e => [.. e, new DerSequence(new DerObjectIdentifier("1.2.3"), DerBoolean.False, new DerOctetString([5, 0]))]),
        ["an encoded DEFAULT: cA FALSE"] = () => WithExtensions(e => [Extension("2.5.29.19", [0x30, 3, 1, 1, 0]), .. e[1..]]),
        ["an encoded DEFAULT: version 1"] = () => Change(f => [new DerTaggedObject(true, 0, DerInteger.Zero), .. f[1..^1]]),
        ["version 4"] = () => Change(f => [new DerTaggedObject(true, 0, DerInteger.ValueOf(3)), .. f[1..]]),
        ["extensions in version 2"] = () => Change(f => [new DerTaggedObject(true, 0, DerInteger.One), .. f[1..]]),
        ["no extensions in their list"] = () => WithExtensions(_ => []),
        ["a path length without cA"] = () => WithExtensions(e => [Extension("2.5.29.19", [0x30, 3, 2, 1, 0]), .. e[1..]]),
        ["trailing bytes in an extension"] = () => WithExtensions(e => [Extension("2.5.29.19", [0x30, 0, 0]), .. e[1..]]),
        ["a value in two OCTET STRINGs of another kind"] = () =>
            WithExtensions(e => [.. e, new DerSequence(new DerObjectIdentifier("1.2.3"), new DerUtf8String("x"))]),
        ["two signature algorithms"] = () => Change(f => [.. f[..2], new AlgorithmIdentifier(new DerObjectIdentifier("1.2.3")), .. f[3..]]),
        ["two common names"] = () => Change(f => [.. f[..5], new X509Name("CN=a,CN=b"), .. f[6..]]),
        ["a common name as BMPString"] = () =>
            Change(f => [.. f[..5], new DerSequence(new DerSet(new DerSequence(X509Name.CN, new DerBmpString("x")))), .. f[6..]]),
        ["a common name that is not UTF-8"] = () => Change(f =>
            [.. f[..5], new DerSequence(new DerSet(new DerSequence(X509Name.CN, Asn1Object.FromByteArray([0x0C, 1, 0x41])))), .. f[6..]],
                der => Replace(der, [0x0C, 1, 0x41], [0x0C, 1, 0xFF])),
        ["an issuer with an empty attribute"] = () => Change(f =>
            [.. f[..3], new DerSequence(new DerSet(DerSequence.Empty)), .. f[4..]]),
        ["an issuer with an attribute that is no text"] = () => Change(f =>
            [.. f[..3], new DerSequence(new DerSet(new DerSequence(X509Name.C, new DerBitString([1, 2])))), .. f[4..]]),
        ["a subject with an attribute that is no text"] = () => Change(f =>
            [.. f[..5], new DerSequence(new DerSet(new DerSequence(X509Name.C, new DerOctetString([0xFF])))), .. f[6..]]),
        ["an issuer of 65 attributes in one part"] = () => Change(f =>
            [.. f[..3], new DerSequence(new DerSet(Countries(65))), .. f[4..]]),
        ["a subject of 70,000 bytes"] = () => Change(f =>
            [.. f[..5], new DerSequence(new DerSet(new DerSequence(X509Name.CN, new DerUtf8String(new string('x', 70_000))))), .. f[6..]]),
        ["a key usage of six octets"] = () =>
            WithExtensions(e => [.. e.Where(one => !IsOf(one, "2.5.29.15")), Extension("2.5.29.15", [0x03, 7, 0, 0x80, 0, 0, 0, 0, 0])]),
        ["an authority key identifier with an issuer and no serial number"] = () =>
            WithExtensions(e => [.. e.Where(one => !IsOf(one, "2.5.29.35")), Extension("2.5.29.35", [0x30, 4, 0xA1, 2, 0x82, 0])]),
        ["an authority key identifier with a primitive issuer"] = () =>
            WithExtensions(e => [.. e.Where(one => !IsOf(one, "2.5.29.35")), Extension("2.5.29.35", [0x30, 6, 0x81, 1, 0x15, 0x82, 1, 1])]),
        ["a unique identifier"] = () => Change(f => [.. f[..^1], new DerTaggedObject(false, 1, new DerBitString([1])), f[^1]]),
        ["a validity of one time"] = () => Change(f => [.. f[..4], new DerSequence(new DerUtcTime(Now.UtcDateTime, 2049)), .. f[5..]]),
        ["more than 64 extensions"] = () =>
            WithExtensions(e => [.. e, .. Enumerable.Range(0, 65).Select(i => Extension($"1.2.{i}", [5, 0]))]),
        ["an object identifier of 1000 octets"] = () => Replace(
            WithExtensions(e => [.. e, new DerSequence(new DerOctetString(new byte[1000]), new DerOctetString([5, 0]))]),
                [0x04, 0x82, 0x03, 0xE8], [0x06, 0x82, 0x03, 0xE8]),
    };

    [Fact]
    public void Nothing_of_a_certificate_is_copied()
    {
        byte[] der = GoodLeaf.Value.Der;
        Assert.True(ParsedCertificate.TryParse(der, out ParsedCertificate? parsed, out _));
        Assert.True(
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(parsed.Extensions.Albatross!.Value, out ArraySegment<byte> slice));

        Assert.Same(der, slice.Array);
        Assert.Equal(InfoCommand, slice.ToArray());
    }

    [Theory]
    [MemberData(nameof(MalformedNames))]
    public void A_malformed_certificate_is_refused(string name)
    {
        Assert.False(ParsedCertificate.TryParse(Malformed[name](), out _, out Refusal? refusal));
        Assert.Equal(RefusalCode.CertificateMalformed, refusal.Code);
        Assert.StartsWith("not a certificate: ", refusal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ed448", "30 43 30 05 06 03 2B 65 71 03 3A 00")]
    [InlineData("secp256k1", "30 56 30 10 06 07 2A 86 48 CE 3D 02 01 06 05 2B 81 04 00 0A 03 42 00 04")]
    public void A_key_of_another_kind_is_refused(string kind, string prefix)
    {
        byte[] start = Convert.FromHexString(prefix.Replace(" ", "", StringComparison.Ordinal));
        byte[] spki = [.. start, .. new byte[start[1] + 2 - start.Length]];

        Assert.False(PublicKey.TryParse(spki, out _, out Refusal? refusal), kind);
        Assert.Equal(RefusalCode.UnsupportedKey, refusal.Code);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(16384)]
    public void An_RSA_key_that_is_too_small_or_too_big_is_refused(int bits)
    {
        byte[] modulus = new byte[bits / 8];
        modulus[0] = 0x80;
        modulus[^1] = 1;
        var key = new RsaPublicKeyStructure(new(1, modulus), new("65537"));
        byte[] spki = new SubjectPublicKeyInfo(new AlgorithmIdentifier(new DerObjectIdentifier("1.2.840.113549.1.1.1"), DerNull.Instance),
            key).GetDerEncoded();

        Assert.False(PublicKey.TryParse(spki, out _, out Refusal? refusal));
        Assert.Equal(RefusalCode.UnsupportedKey, refusal.Code);
    }

    [Fact]
    public void Random_damage_is_refused_or_read_but_never_throws()
    {
        var random = new Random(20261124);
        byte[] good = GoodLeaf.Value.Der;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. good];
            for (int hits = random.Next(1, 4); hits > 0; hits--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            bool isRead = ParsedCertificate.TryParse(damaged, out ParsedCertificate? parsed, out Refusal? refusal);
            Assert.True(isRead ? parsed is not null : refusal is not null);
        }
    }

    [Theory]
    [InlineData("3000", null)]
    [InlineData("3007A1028200820101", null)]
    [InlineData("3003800107", "07")]
    [InlineData("30028000", "")]
    public void An_authority_key_identifier_need_not_have_a_key_identifier(string value, string? identifier)
    {
        DerSequence extension = Extension("2.5.29.35", Convert.FromHexString(value));
        byte[] der = WithExtensions(e => [.. e.Where(one => !IsOf(one, "2.5.29.35")), extension]);

        Assert.True(ParsedCertificate.TryParse(der, out ParsedCertificate? parsed, out Refusal? refusal), refusal?.Text);
        Assert.Equal(identifier, parsed.Extensions.AuthorityKeyIdentifier is { } found ? Convert.ToHexString(found.Span) : null);
    }

    private static Asn1Encodable[] Countries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new DerSequence(X509Name.C, new DerUtf8String($"{i:00}")))];

    private static bool IsOf(Asn1Encodable extension, string oid) =>
        Asn1Sequence.GetInstance(extension)[0].Equals(new DerObjectIdentifier(oid));

    private static DerSequence Extension(string oid, byte[] value) => new(new DerObjectIdentifier(oid), new DerOctetString(value));

    private static byte[] WithExtensions(Func<Asn1Encodable[], Asn1Encodable[]> change) => Change(fields =>
    {
        var extensions = Asn1Sequence.GetInstance(Asn1TaggedObject.GetInstance(fields[^1]).GetExplicitBaseObject());
        return [.. fields[..^1], new DerTaggedObject(true, 3, new DerSequence(change([.. extensions.Cast<Asn1Encodable>()])))];
    });

    private static byte[] Change(Func<Asn1Encodable[], Asn1Encodable[]> change, Func<byte[], byte[]>? bytes = null)
    {
        byte[] der = GoodLeaf.Value.Resign(Root.Value, change).Der;
        return bytes is null ? der : bytes(der);
    }

    private static byte[] Replace(byte[] der, byte[] old, byte[] with)
    {
        int at = der.AsSpan().IndexOf(old);
        Assert.True(at > 0);
        byte[] changed = [.. der];
        with.CopyTo(changed, at);
        return changed;
    }
}
