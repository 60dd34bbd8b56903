using Albatross.Policy;

namespace Albatross.Tests.Policy;

/// <summary>Sets and raw texts are values: equal by content, and their default is the empty one.</summary>
public sealed class ValueTests
{
    [Fact]
    public void A_set_is_equal_to_another_with_the_same_elements_in_any_order()
    {
        var set = new ValueSet<long>([2, 0, 1, 2]);
        var same = new ValueSet<long>([0, 1, 2]);

        Assert.Equal(same, set);
        Assert.Equal(same.GetHashCode(), set.GetHashCode());
        Assert.True(set == same);
        Assert.True(set != new ValueSet<long>([0, 1]));
        Assert.Equal(("0,1,2", 3, 0L), (set.ToString(), set.Count, set.Min));
    }

    [Fact]
    public void The_default_set_is_the_empty_set()
    {
        ValueSet<long> none = default;

        Assert.Equal(new ValueSet<long>([]), none);
        Assert.Equal(new ValueSet<long>([]).GetHashCode(), none.GetHashCode());
        Assert.Equal((0, ""), (none.Count, none.ToString()));
        Assert.True(none.IsSubsetOf(none));
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "1", true)]
    [InlineData("1", "1", true)]
    [InlineData("1", "1,2", true)]
    [InlineData("1,2", "1", false)]
    [InlineData("3", "1,2", false)]
    public void A_subset_has_no_element_that_the_other_has_not(string set, string other, bool isSubset)
    {
        Assert.Equal(isSubset, SetOf(set).IsSubsetOf(SetOf(other)));
        Assert.Equal(isSubset, SetOf(set).Except(SetOf(other)).Count == 0);
        Assert.Equal(isSubset, SetOf(set).Union(SetOf(other)) == SetOf(other));
    }

    [Fact]
    public void Raw_text_is_equal_by_its_bytes()
    {
        byte[] invalid = [0xff, 0xfe];
        var text = new RawText(invalid);

        Assert.Equal(new RawText((byte[])[0xff, 0xfe]), text);
        Assert.Equal(new RawText((byte[])[0xff, 0xfe]).GetHashCode(), text.GetHashCode());
        Assert.NotEqual(new RawText((byte[])[0xff, 0xfd]), text);
        Assert.Equal("\ufffd\ufffd", text.ToString());
        Assert.Equal(invalid, text.Bytes.ToArray());
    }

    [Fact]
    public void Raw_text_is_ordered_by_its_bytes()
    {
        RawText[] ordered = [default, RawText.Of("B"), RawText.Of("a"), RawText.Of("aa"), RawText.Of("b"), RawText.Of("é")];

        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(RawText.Of("B") < RawText.Of("a"));
        Assert.True(RawText.Of("a") <= RawText.Of("a"));
        Assert.True(RawText.Of("b") > RawText.Of("aa"));
        Assert.True(RawText.Of("b") >= RawText.Of("b"));
    }

    [Fact]
    public void The_default_text_is_the_empty_text()
    {
        Assert.Equal(RawText.Of(""), default);
        Assert.True(default(RawText).IsEmpty);
        Assert.Equal("", default(RawText).ToString());
    }

    [Fact]
    public void The_code_of_a_refusal_is_spelt_for_programs()
    {
        Assert.Equal("policy-exceeded", new Refusal(RefusalCode.PolicyExceeded, "").CodeText);
        Assert.Equal("busy", new Refusal(RefusalCode.Busy, "").CodeText);
        Assert.Equal("not-allowed-by-policy", new Refusal(RefusalCode.NotAllowedByPolicy, "").CodeText);
    }

    private static ValueSet<long> SetOf(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse));
}
