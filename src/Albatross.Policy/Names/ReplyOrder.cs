namespace Albatross.Policy.Names;

/// <summary>
/// The order of list replies (wire specification, section 5): depth first, a node before what lies below it,
/// siblings in descending bytewise order.
/// </summary>
public sealed class ReplyOrder : IComparer<NamePath>
{
    /// <summary>The only instance.</summary>
    public static readonly ReplyOrder Instance = new();

    private ReplyOrder() { }

    /// <inheritdoc/>
    public int Compare(NamePath x, NamePath y)
    {
        ImmutableArray<Label> left = x.Labels, right = y.Labels;
        for (int i = 0; i < left.Length && i < right.Length; i++)
        {
            int order = right[i].CompareTo(left[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }
}
