using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Tests.Protocol;

namespace Albatross.Tests.Policy;

/// <summary>The texts of wire specification, section 5.</summary>
public sealed class NamesTests
{
    private const string InvalidLabel = "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)";

    [Theory]
    [InlineData(":", ":", ":", null)]
    [InlineData(":hello", ":hello", ":", "hello")]
    [InlineData("hello", ":hello", ":", "hello")]
    [InlineData("foo:", "foo:", "foo:", null)]
    [InlineData(":foo:", "foo:", "foo:", null)]
    [InlineData("foo:bar", "foo:bar", "foo:", "bar")]
    [InlineData(":foo:bar", "foo:bar", "foo:", "bar")]
    [InlineData("foo:bar:my.uk", "foo:bar:my.uk", "foo:bar:", "my.uk")]
    [InlineData("foo:bar:", "foo:bar:", "foo:bar:", null)]
    [InlineData("FOO:Bar", "foo:bar", "foo:", "bar")]
    [InlineData(":.", ":.", ":", ".")]
    [InlineData("..:..", "..:..", "..:", "..")]
    [InlineData(":a-", ":a-", ":", "a-")]
    [InlineData("0:1", "0:1", "0:", "1")]
    [InlineData(":.-", ":.-", ":", ".-")]
    public void A_good_name_is_a_path_and_perhaps_a_label(string text, string canonical, string path, string? label)
    {
        Assert.True(Name.TryParse(text, out Name name, out Refusal? refusal), refusal?.Text);

        Assert.Equal((canonical, path, label), (name.ToString(), name.Path.ToString(), name.Label?.ToString()));
        Assert.True(Name.TryParse(name.ToString(), out Name again, out _));
        Assert.Equal(name, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("::")]
    [InlineData(":::")]
    [InlineData("a::")]
    [InlineData("::a")]
    [InlineData("a::b")]
    [InlineData("-a")]
    [InlineData(":-")]
    [InlineData("-:a")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a_b")]
    [InlineData(" a")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("grün")]
    [InlineData("a:grün:b")]
    public void A_bad_name_is_refused(string text)
    {
        Assert.False(Name.TryParse(text, out Name name, out Refusal? refusal));

        Assert.Equal((default, RefusalCode.InvalidName), (name, refusal.Code));
    }

    [Theory]
    [InlineData("", "empty name")]
    [InlineData("-a", InvalidLabel)]
    public void The_sentence_is_that_of_the_original(string text, string sentence)
    {
        Assert.False(Name.TryParse(text, out _, out Refusal? refusal));

        Assert.Equal(sentence, refusal.Text);
    }

    [Fact]
    public void A_label_has_63_characters_at_most()
    {
        Assert.True(Name.TryParse(":" + new string('a', 63), out _, out _));
        Assert.False(Name.TryParse(":" + new string('a', 64), out _, out _));
    }

    [Fact]
    public void A_name_has_64_labels_at_most()
    {
        string deepest = string.Concat(Enumerable.Repeat("a:", 63));

        Assert.True(Name.TryParse(deepest + "a", out Name name, out _));
        Assert.Equal(64, name.Node.Labels.Length);
        Assert.True(Name.TryParse(deepest + "a:", out _, out _));
        Assert.False(Name.TryParse(deepest + "a:a", out _, out _));
        Assert.False(Name.TryParse(deepest + "a:a:", out _, out _));
    }

    [Fact]
    public void The_longest_name_is_a_name_again()
    {
        string label = new('z', Label.MaxLength);
        string longest = string.Join(':', Enumerable.Repeat(label, NamePath.MaxDepth)) + ":";

        Assert.True(Name.TryParse(longest, out Name name, out Refusal? refusal), refusal?.Text);
        Assert.Equal(longest, name.ToString());
        Assert.True(Name.TryParse(":" + longest, out Name same, out refusal), refusal?.Text);
        Assert.Equal(name, same);
    }

    [Fact]
    public void Odd_names_have_the_verdict_of_the_original()
    {
        const string Prefix = "name text: ";
        ImmutableArray<WireVector> rows =
            [.. WireVectors.OfKind("wire-odd", 76).Where(row => row.Text("note")!.StartsWith(Prefix, StringComparison.Ordinal))];
        Assert.True(rows.Length >= 12, $"only {rows.Length} rows with names");
        foreach (WireVector row in rows)
        {
            bool accepted = Name.TryParse(row.Text("note").AsSpan(Prefix.Length), out Name name, out _);

            Assert.True(accepted == (row.Verdict == "accept"), row.Id);
            if (accepted)
            {
                Assert.Equal((row.Id, (string?)row.Decoded["header"]!["name"]), (row.Id, name.ToString()));
            }
        }
    }

    [Theory]
    [InlineData("foo:bar:web", "foo:", "bar:web")]
    [InlineData("foo:", "foo:", ":")]
    [InlineData("foo:bar", "foo:", ":bar")]
    [InlineData(":hello", ":", ":hello")]
    public void A_name_in_a_reply_is_relative_to_the_path_asked_for(string text, string asked, string relative)
    {
        Assert.True(Name.TryParse(text, out Name name, out _));
        Assert.True(Name.TryParse(asked, out Name path, out _));

        Assert.Equal(relative, name.RelativeTo(path.Path).ToString());
    }
}
