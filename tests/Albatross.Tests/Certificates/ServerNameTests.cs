using Albatross.Certificates.Keys;
using Albatross.Certificates.Validation;
using Albatross.Policy;

namespace Albatross.Tests.Certificates;

public sealed class ServerNameTests
{
    private static readonly Lazy<TestPki> Pki = new(() => new TestPki(KeyType.Ed25519, GoldenPki.Now));

    [Theory]
    [InlineData("alba.example.org")]
    [InlineData("ALBA.example.ORG")]
    [InlineData("alba.example.org.")]
    [InlineData("127.0.0.1")]
    [InlineData("2001:DB8:0::1")]
    public void A_name_of_the_certificate_matches(string text) =>
        Assert.Null(NameOf(text).Check(Pki.Value.Server, NameSource.SubjectAlternativeName));

    [Theory]
    [InlineData("example.org")]
    [InlineData("x.alba.example.org")]
    [InlineData("alba")]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    public void Another_name_does_not_match_and_the_sentence_lists_the_right_ones(string text)
    {
        Assert.Equal(
            new Refusal(RefusalCode.ServerNameMismatch,
                $"the server's certificate is for \"alba.example.org\", 127.0.0.1, 2001:db8::1, not for {text}"),
            NameOf(text).Check(Pki.Value.Server, NameSource.SubjectAlternativeName));
    }

    [Fact]
    public void The_common_name_counts_only_when_asked_for()
    {
        Assert.Null(NameOf("alba").Check(Pki.Value.Server, NameSource.CommonName));
        Assert.NotNull(NameOf("alba.example.org").Check(Pki.Value.Server, NameSource.CommonName));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("*.example.org")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    public void What_is_no_name_is_refused(string text)
    {
        Assert.False(ServerName.TryParse(text, out _, out Refusal? refusal));
        Assert.Equal(RefusalCode.InvalidValue, refusal.Code);
    }

    private static ServerName NameOf(string text) =>
        ServerName.TryParse(text, out ServerName? name, out Refusal? refusal) ? name : throw new InvalidOperationException(refusal.Text);
}
