using Albatross.Certificates.Keys;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Policy;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;
using static Albatross.Tests.Certificates.RawCertificate;

namespace Albatross.Tests.Certificates;

public sealed class ChainValidationTests
{
    private static readonly Lazy<Links> Ed25519Links = new(() => new Links(KeyType.Ed25519));
    private static readonly Lazy<Links> P256Links = new(() => new Links(KeyType.P256));

    public static TheoryData<string, KeyType> GoodNames => Rows(Good.Keys);

    public static TheoryData<string, KeyType> BadNames => Rows(Bad.Keys);

    // Chains as presented, leaf first; the anchor is always "root".
    private static Dictionary<string, Func<Links, RawCertificate[]>> Good => new()
    {
        ["the leaf directly below the anchor"] = l => [Leaf("x", l.Root, l.Type)],
        ["one intermediate"] = l => [l.Leaf, l.Alpha],
        ["two intermediates"] = l => [Leaf("x", l.Beta, l.Type), l.Beta, l.Alpha],
        ["the anchor sent too"] = l => [l.Leaf, l.Alpha, l.Root],
        ["a leaf without key usage and purpose"] = l => [Leaf("x", l.Alpha, l.Type, new() { KeyUsage = 0 }), l.Alpha],
        ["a leaf for any purpose"] = l => [Leaf("x", l.Alpha, l.Type, new() { Purpose = KeyPurposeID.AnyExtendedKeyUsage }), l.Alpha],
        ["path length 0 above a leaf"] = l => Below(Ca("alpha", l.Root, l.Type, new() { PathLength = 0 }), l),
        ["valid until this second"] = l => [Leaf("x", l.Alpha, l.Type, new() { NotAfter = Now }), l.Alpha],
        ["valid from this second"] = l => [Leaf("x", l.Alpha, l.Type, new() { NotBefore = Now }), l.Alpha],
        ["an unknown extension that is not critical"] = l =>
            [Leaf("x", l.Alpha, l.Type, new() { Extra = g => g.AddExtension(Unknown, false, DerNull.Instance) }), l.Alpha],
    };

    private static Dictionary<string, (RefusalCode Code, string Text, Func<Links, RawCertificate[]> Chain)> Bad => new()
    {
        ["nothing"] = (RefusalCode.CertificateRequired, "no certificate was presented", _ => []),
        ["seventeen certificates"] = (RefusalCode.ChainTooLong, "17 certificates were presented, at most 16 are accepted", l =>
            [.. Enumerable.Repeat(l.Leaf, 17)]),
        ["missing intermediate"] = (RefusalCode.UnknownCa, "the leaf certificate \"x\" was not issued by a trusted CA", l => [l.Leaf]),
        ["foreign root of the same name"] =
            (RefusalCode.UnknownCa, "intermediate 1 of 1 \"alpha\" was issued with another key of its issuer", l =>
            Below(Ca("alpha", Ca("root", null, l.Type), l.Type), l)),
        ["foreign root of the same name and key identifier"] =
            (RefusalCode.UnknownCa, "intermediate 1 of 1 \"alpha\" names the trusted CA but is not signed by it", l =>
        {
            RawCertificate foreign = Ca("root", null, l.Type);
            RawCertificate alpha = Ca("alpha", foreign, l.Type);
            return [Leaf("x", alpha, l.Type), alpha.Resign(foreign, WithoutExtension(X509Extensions.AuthorityKeyIdentifier))];
        }),
        ["intermediates in the wrong order"] = (RefusalCode.UnknownCa, "intermediate 2 of 2 \"beta\" was not issued by a trusted CA", l =>
            [Leaf("x", l.Beta, l.Type), l.Alpha, l.Beta]),
        ["surplus certificate between"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"x\" was not issued by the next certificate of the chain", l =>
            [l.Leaf, Ca("gamma", l.Alpha, l.Type), l.Alpha]),
        ["surplus certificate at the end"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 2 \"alpha\" was not issued by the next certificate of the chain", l =>
            [l.Leaf, l.Alpha, Ca("gamma", l.Root, l.Type)]),
        ["expired leaf"] = (RefusalCode.CertificateExpired, "the leaf certificate \"x\" expired on 2026-12-01 11:59:59Z", l =>
            [Leaf("x", l.Alpha, l.Type, new() { NotAfter = Now.AddSeconds(-1) }), l.Alpha]),
        ["leaf not yet valid"] =
            (RefusalCode.CertificateNotYetValid, "the leaf certificate \"x\" is not valid before 2026-12-01 12:00:01Z", l =>
            [Leaf("x", l.Alpha, l.Type, new() { NotBefore = Now.AddSeconds(1) }), l.Alpha]),
        ["expired intermediate"] = (RefusalCode.CertificateExpired, "intermediate 1 of 1 \"alpha\" expired on 2026-11-30 12:00:00Z", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { NotAfter = Now.AddDays(-1) }), l)),
        ["path length exceeded"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 2 \"beta\" exceeds the path length of a certificate above it", l =>
        {
            RawCertificate alpha = Ca("alpha", l.Root, l.Type, new() { PathLength = 0 });
            RawCertificate beta = Ca("beta", alpha, l.Type);
            return [Leaf("x", beta, l.Type), beta, alpha];
        }),
        ["path length not widened by a lower one"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 3 \"gamma\" exceeds the path length of a certificate above it", l =>
        {
            RawCertificate alpha = Ca("alpha", l.Root, l.Type, new() { PathLength = 1 });
            RawCertificate beta = Ca("beta", alpha, l.Type, new() { PathLength = 5 });
            RawCertificate gamma = Ca("gamma", beta, l.Type);
            return [Leaf("x", gamma, l.Type), gamma, beta, alpha];
        }),
        ["a leaf that issued a leaf"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 2 \"x\" is not a CA certificate but issued another", l =>
            [Leaf("y", l.Leaf, l.Type), l.Leaf, l.Alpha]),
        ["intermediate without keyCertSign"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" may not sign certificates (key usage)", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { KeyUsage = KeyUsage.DigitalSignature }), l)),
        ["intermediate without key usage"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" has no key usage; a CA needs keyCertSign", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { KeyUsage = 0 }), l)),
        ["intermediate for servers only"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" may not issue client certificates (extended key usage)", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { Purpose = KeyPurposeID.id_kp_serverAuth }), l)),
        ["version 1 intermediate"] = (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" is of version 1, not 3", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { IsVersion1 = true }), l)),
        ["unknown critical extension in the leaf"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"x\" has the critical extension 1.2.3.4", l =>
            [Leaf("x", l.Alpha, l.Type, new() { Extra = g => g.AddExtension(Unknown, true, DerNull.Instance) }), l.Alpha]),
        ["unknown critical extension in an intermediate"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" has the critical extension 1.2.3.4", l =>
            Below(Ca("alpha", l.Root, l.Type, new() { Extra = g => g.AddExtension(Unknown, true, DerNull.Instance) }), l)),
        ["critical Albatross extension"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"x\" has an Albatross extension that is marked critical", l =>
            [Leaf("x", l.Alpha, l.Type, new() { IsAlbatrossCritical = true }), l.Alpha]),
        ["name constraints, even when not critical"] =
            (RefusalCode.CertificateRefused, "intermediate 1 of 1 \"alpha\" has name constraints, which are not evaluated here", l =>
            Below(Ca("alpha", l.Root, l.Type,
                new() { Extra = g => g.AddExtension(X509Extensions.NameConstraints, false, DerSequence.Empty) }), l)),
        ["flipped bit in the payload"] = (RefusalCode.CertificateRefused, "the leaf certificate \"x\" has a wrong signature", l =>
            [l.Leaf with { Der = Flip(l.Leaf.Der, l.Leaf.Der.AsSpan().IndexOf(InfoCommand) + 6) }, l.Alpha]),
        ["flipped bit in the signature"] = (RefusalCode.CertificateRefused, "the leaf certificate \"x\" has a wrong signature", l =>
            [l.Leaf with { Der = Flip(l.Leaf.Der, l.Leaf.Der.Length - 1) }, l.Alpha]),
        ["leaf for servers only"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"x\" is not for a client (extended key usage)", l =>
            [Leaf("x", l.Alpha, l.Type, new() { Purpose = KeyPurposeID.id_kp_serverAuth }), l.Alpha]),
        ["leaf without digitalSignature"] = (RefusalCode.CertificateRefused, "the leaf certificate \"x\" may not sign (key usage)", l =>
            [Leaf("x", l.Alpha, l.Type, new() { KeyUsage = KeyUsage.KeyEncipherment }), l.Alpha]),
        ["CA certificate as the leaf"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"alpha\" is a CA certificate, not a leaf", l => [l.Alpha]),
        ["the anchor as the leaf"] =
            (RefusalCode.CertificateRefused, "the leaf certificate \"root\" is a CA certificate, not a leaf", l => [l.Root]),
    };

    private static DerObjectIdentifier Unknown => new("1.2.3.4");

    [Theory]
    [MemberData(nameof(GoodNames))]
    public void A_good_chain_is_accepted_in_its_order_and_without_the_anchor(string name, KeyType type)
    {
        Links links = Of(type);
        ImmutableArray<ParsedCertificate> presented = [.. Good[name](links).Select(one => one.Parsed)];

        bool isGood = ChainValidation.TryValidate(
            presented, [links.Root.Parsed], Now, ChainPurpose.Client, out VerifiedChain? chain, out Refusal? refusal);

        Assert.True(isGood, refusal?.Text);
        Assert.Equal(presented.Where(one => one.CommonName != "root"), chain!.Certificates);
        Assert.Equal("root", chain.Anchor.CommonName);
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public void A_bad_chain_is_refused_with_its_reason(string name, KeyType type)
    {
        Links links = Of(type);
        (RefusalCode code, string text, Func<Links, RawCertificate[]> chain) = Bad[name];

        bool isGood = ChainValidation.TryValidate(
            [.. chain(links).Select(one => one.Parsed)], [links.Root.Parsed], Now, ChainPurpose.Client, out _, out Refusal? refusal);

        Assert.False(isGood);
        Assert.Equal(new Refusal(code, text), refusal);
    }

    [Fact]
    public void A_renewed_anchor_of_the_same_name_may_stand_beside_the_old_one()
    {
        Links links = Of(KeyType.Ed25519);
        RawCertificate other = Ca("root", null, KeyType.Ed25519);
        ImmutableArray<ParsedCertificate> anchors = [other.Parsed, links.Root.Parsed];

        Assert.True(ChainValidation.TryValidate([links.Leaf.Parsed, links.Alpha.Parsed], anchors, Now, ChainPurpose.Client,
            out VerifiedChain? chain, out _));
        Assert.Equal(links.Root.Der, chain.Anchor.Raw.ToArray());
    }

    [Fact]
    public void Of_an_anchor_that_was_renewed_with_its_key_the_one_that_is_good_counts()
    {
        Links links = Of(KeyType.Ed25519);
        var period = new DerSequence(
            new DerUtcTime(Now.AddDays(-9).UtcDateTime, 2049), new DerUtcTime(Now.AddDays(-1).UtcDateTime, 2049));
        RawCertificate old = links.Root.Resign(links.Root, fields => [.. fields[..4], period, .. fields[5..]]);
        ImmutableArray<ParsedCertificate> presented = [links.Leaf.Parsed, links.Alpha.Parsed];

        Assert.True(ChainValidation.TryValidate(
            presented, [old.Parsed, links.Root.Parsed], Now, ChainPurpose.Client, out VerifiedChain? chain, out _));
        Assert.Equal(links.Root.Der, chain.Anchor.Raw.ToArray());
        Assert.False(ChainValidation.TryValidate(
            presented, [old.Parsed, old.Parsed], Now, ChainPurpose.Client, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.CertificateExpired, "the trusted CA expired on 2026-11-30 12:00:00Z"), refusal);
    }

    [Fact]
    public void Of_two_anchors_of_one_name_the_refusal_is_about_the_one_that_signed()
    {
        Links links = Of(KeyType.Ed25519);
        RawCertificate other = Ca("root", null, KeyType.Ed25519, new() { NotAfter = Now.AddDays(-1) });
        RawCertificate server = Leaf("x", links.Alpha, KeyType.Ed25519, new() { Purpose = KeyPurposeID.id_kp_serverAuth });

        Assert.False(ChainValidation.TryValidate(
            [server.Parsed, links.Alpha.Parsed], [other.Parsed, links.Root.Parsed], Now, ChainPurpose.Client, out _, out Refusal? refusal));
        Assert.Equal("the leaf certificate \"x\" is not for a client (extended key usage)", refusal.Text);
    }

    [Fact]
    public void An_expired_anchor_is_refused()
    {
        RawCertificate root = Ca("root", null, KeyType.Ed25519, new() { NotAfter = Now.AddDays(-1) });
        RawCertificate leaf = Leaf("x", root, KeyType.Ed25519);

        Assert.False(ChainValidation.TryValidate([leaf.Parsed], [root.Parsed], Now, ChainPurpose.Client, out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.CertificateExpired, "the trusted CA expired on 2026-11-30 12:00:00Z"), refusal);
    }

    [Fact]
    public void A_leaf_for_clients_is_no_server_certificate()
    {
        Links links = Of(KeyType.Ed25519);
        RawCertificate leaf = Leaf("x", links.Root, KeyType.Ed25519, new() { Purpose = KeyPurposeID.id_kp_clientAuth });

        Assert.False(
            ChainValidation.TryValidate([leaf.Parsed], [links.Root.Parsed], Now, ChainPurpose.Server, out _, out Refusal? refusal));
        Assert.Equal("the leaf certificate \"x\" is not for a server (extended key usage)", refusal.Text);
    }

    [Fact]
    public void A_strangers_name_cannot_write_into_the_log()
    {
        Links links = Of(KeyType.Ed25519);
        var name = new DerSequence(new DerSet(new DerSequence(X509Name.CN, new DerUtf8String("x\n[ERROR] fake" + new string('y', 100)))));
        RawCertificate leaf = links.Leaf.Resign(links.Alpha, fields => [.. fields[..5], name, .. fields[6..]]);

        Assert.False(ChainValidation.TryValidate([leaf.Parsed], [], Now, ChainPurpose.Client, out _, out Refusal? refusal));
        Assert.Matches("^the leaf certificate \"x\\?\\[ERROR\\] fakey{50}\\.\\.\\.\" was not issued by a trusted CA$", refusal.Text);
    }

    private static TheoryData<string, KeyType> Rows(IEnumerable<string> names)
    {
        var rows = new TheoryData<string, KeyType>();
        foreach (string name in names)
        {
            rows.Add(name, KeyType.Ed25519);
            rows.Add(name, KeyType.P256);
        }

        return rows;
    }

    private static Links Of(KeyType type) => (type == KeyType.Ed25519 ? Ed25519Links : P256Links).Value;

    private static RawCertificate[] Below(RawCertificate intermediate, Links links) => [Leaf("x", intermediate, links.Type), intermediate];

    private static byte[] Flip(byte[] der, int at)
    {
        byte[] changed = [.. der];
        changed[at] ^= 1;
        return changed;
    }

    private static Func<Asn1Encodable[], Asn1Encodable[]> WithoutExtension(DerObjectIdentifier oid) => fields =>
    {
        var extensions = Asn1Sequence.GetInstance(Asn1TaggedObject.GetInstance(fields[^1]).GetExplicitBaseObject());
        Asn1Encodable[] rest = [.. extensions.Cast<Asn1Encodable>().Where(e => !Asn1Sequence.GetInstance(e)[0].Equals(oid))];
        return [.. fields[..^1], new DerTaggedObject(true, 3, new DerSequence(rest))];
    };

    private sealed class Links
    {
        public Links(KeyType type)
        {
            Type = type;
            Root = Ca("root", null, type);
            Alpha = Ca("alpha", Root, type);
            Beta = Ca("beta", Alpha, type);
            Leaf = RawCertificate.Leaf("x", Alpha, type);
        }

        public KeyType Type { get; }

        public RawCertificate Root { get; }

        public RawCertificate Alpha { get; }

        public RawCertificate Beta { get; }

        public RawCertificate Leaf { get; }
    }
}
