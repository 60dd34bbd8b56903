using Albatross.Certificates;
using Albatross.Policy;

namespace Albatross.Tests.Certificates;

public sealed class PemTests
{
    private const string Block = "-----BEGIN X-----\nAQID\n-----END X-----\n";

    [Fact]
    public void Blocks_come_in_their_order_and_text_around_them_does_not_matter()
    {
        string second = Block.Replace("\n", "\r\n", StringComparison.Ordinal).Replace("X", "Y", StringComparison.Ordinal);
        Assert.True(Pem.TryParse($"hello\r\n{Block}between\n{second}", out ImmutableArray<PemBlock> blocks, out _));
        Assert.Equal(["X", "Y"], blocks.Select(block => block.Label));
        Assert.All(blocks, block => Assert.Equal([1, 2, 3], block.Der.ToArray()));
    }

    [Theory]
    [InlineData("no end", "-----BEGIN X-----\nAQID\n")]
    [InlineData("another end", "-----BEGIN X-----\nAQID\n-----END Y-----\n")]
    [InlineData("no base 64", "-----BEGIN X-----\nA*ID\n-----END X-----\n")]
    [InlineData("half a group", "-----BEGIN X-----\nAQI\n-----END X-----\n")]
    [InlineData("a bad block before a good one", "-----BEGIN X-----\nAQI\n-----END X-----\n" + Block)]
    public void A_block_that_cannot_be_read_is_refused_and_not_passed_over(string what, string text)
    {
        Assert.False(Pem.TryParse(text, out _, out Refusal? refusal), what);
        Assert.Equal(RefusalCode.CertificateMalformed, refusal.Code);
    }

    [Fact]
    public void Too_many_blocks_are_refused()
    {
        Assert.False(Pem.TryParse(string.Concat(Enumerable.Repeat(Block, 65)), out _, out Refusal? refusal));
        Assert.Equal(new Refusal(RefusalCode.TooLarge, "a PEM text of 65 blocks, at most 64 are read"), refusal);
    }

    [Fact]
    public void A_bad_certificate_among_several_is_named()
    {
        string good = GoldenPki.Text("ed25519/cacert.pem");

        Assert.False(Pem.TryReadCertificates(good + Pem.Write("CERTIFICATE", [0x30, 0]), out _, out Refusal? refusal));
        Assert.StartsWith("certificate 2 of the text: not a certificate: ", refusal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var certificates = GoldenPki.Certificates("extra/deep10-leaf.pem");

        Assert.Equal(11, certificates.Length);
        Assert.Equal(GoldenPki.Text("extra/deep10-leaf.pem").TrimEnd(), Pem.Write(certificates).TrimEnd());
    }
}
