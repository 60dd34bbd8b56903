using Albatross.Policy.Names;

namespace Albatross.Tests.Policy;

/// <summary>The order of list replies (wire specification, section 5).</summary>
public sealed class ReplyOrderTests
{
    [Theory]
    [InlineData(":", ":", 0)]
    [InlineData("foo:", "foo:", 0)]
    [InlineData(":", "foo:", -1)]
    [InlineData("foo:", "foo:bar:", -1)]
    [InlineData("foo:", "bar:", -1)]
    [InlineData("foo:a:", "bar:", -1)]
    [InlineData("foo:b:", "foo:a:x:", -1)]
    [InlineData("b-a:", "b.a:", 1)]
    [InlineData("b:", "1:", -1)]
    [InlineData("fo:", "foo:", 1)]
    public void A_node_is_before_what_is_below_it_and_siblings_descend(string first, string second, int order)
    {
        Assert.Equal(order, Math.Sign(ReplyOrder.Instance.Compare(PathOf(first), PathOf(second))));
        Assert.Equal(-order, Math.Sign(ReplyOrder.Instance.Compare(PathOf(second), PathOf(first))));
    }

    private static NamePath PathOf(string text) =>
        NamePath.TryParse(text, out NamePath path, out _) ? path : throw new ArgumentException(text);
}
