using System.Collections;

namespace Albatross.Policy;

/// <summary>An immutable set, kept in ascending order, equal to another by its elements. The default value is the empty set.</summary>
/// <typeparam name="T">A value with an order, such as a CPU number (<see cref="long"/>) or a bridge name (<see
/// cref="RawText"/>).</typeparam>
public readonly struct ValueSet<T> : IEquatable<ValueSet<T>>, IReadOnlyCollection<T>
    where T : IComparable<T>
{
    private readonly ImmutableSortedSet<T>? _items;

    /// <summary>The set of <paramref name="items"/>; duplicates count once.</summary>
    public ValueSet(IEnumerable<T> items) => _items = [.. items];

    private ImmutableSortedSet<T> Items => _items ?? [];

    /// <summary>How many elements.</summary>
    public int Count => Items.Count;

    /// <summary>The smallest element, or the default of <typeparamref name="T"/> of an empty set.</summary>
    public T? Min => Items.Min;

    /// <summary>Whether every element is in <paramref name="other"/>.</summary>
    public bool IsSubsetOf(ValueSet<T> other) => Items.IsSubsetOf(other.Items);

    /// <summary>The elements that are not in <paramref name="other"/>.</summary>
    public ValueSet<T> Except(ValueSet<T> other) => new(Items.Except(other.Items));

    /// <summary>The elements of both.</summary>
    public ValueSet<T> Union(ValueSet<T> other) => new(Items.Union(other.Items));

    /// <inheritdoc/>
    public bool Equals(ValueSet<T> other) => Items.SetEquals(other.Items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueSet<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (T item in Items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => Items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The elements, ascending, joined by commas.</summary>
    public override string ToString() => string.Join(',', Items);

    /// <summary>The elements, ascending, joined by commas and spaces: so the original lists bridges.</summary>
    public string Listed => string.Join(", ", Items);

    /// <summary>Equality by elements.</summary>
    public static bool operator ==(ValueSet<T> left, ValueSet<T> right) => left.Equals(right);

    /// <summary>Inequality by elements.</summary>
    public static bool operator !=(ValueSet<T> left, ValueSet<T> right) => !left.Equals(right);
}
