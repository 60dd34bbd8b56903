namespace Albatross.Policy.Names;

/// <summary>
/// An administrative domain: labels from the root down, at most <see cref="MaxDepth"/>. The default value is the root.
/// Written with ':' after every label (<c>foo:bar:</c>; the root is <c>:</c>).
/// </summary>
/// <example><code>NamePath.TryParse("foo:bar", out NamePath path, out _) // path.Parent is foo, path.IsBelow(path.Parent)</code></example>
public readonly struct NamePath : IEquatable<NamePath>, IComparable<NamePath>
{
    /// <summary>The most labels of a path. A chain delegates at most eight; the rest is room for local names.</summary>
    public const int MaxDepth = 64;

    private readonly ImmutableArray<Label> _labels;

    private NamePath(ImmutableArray<Label> labels) => _labels = labels;

    /// <summary>The root path.</summary>
    public static NamePath Root => default;

    /// <summary>The labels from the root down.</summary>
    public ImmutableArray<Label> Labels => _labels.IsDefault ? [] : _labels;

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot => _labels.IsDefaultOrEmpty;

    /// <summary>The path without its last label; of the root the root itself.</summary>
    public NamePath Parent => IsRoot ? Root : new NamePath(_labels[..^1]);

    /// <summary>This path and <paramref name="label"/> below it.</summary>
    /// <exception cref="InvalidOperationException">The path has <see cref="MaxDepth"/> labels; parsing never makes such a
    /// child.</exception>
    public NamePath Child(Label label) =>
        Labels.Length < MaxDepth ? new NamePath(Labels.Add(label)) : throw new InvalidOperationException("a path may not be that deep");

    /// <summary>Reads labels separated by ':'; one leading and one trailing ':' are ignored, any other empty label is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NamePath path, [NotNullWhen(false)] out Refusal? refusal)
    {
        path = Root;
        refusal = null;
        ReadOnlySpan<char> rest = text.StartsWith(':') ? text[1..] : text;
        rest = rest.EndsWith(':') ? rest[..^1] : rest;
        if (rest.IsEmpty)
        {
            refusal = text.Length > 1 ? new Refusal(RefusalCode.InvalidName, "invalid path: an empty label between two ':'") : null;
            return refusal is null;
        }

        var labels = ImmutableArray.CreateBuilder<Label>();
        foreach (Range range in rest.Split(':'))
        {
            if (labels.Count == MaxDepth)
            {
                refusal = new Refusal(RefusalCode.InvalidName, $"invalid path: more than {MaxDepth} labels");
                return false;
            }

            if (!Label.TryParse(rest[range], out Label label, out refusal))
            {
                refusal = new Refusal(RefusalCode.InvalidName, $"invalid path: {refusal.Text}");
                return false;
            }

            labels.Add(label);
        }

        path = new NamePath(labels.DrainToImmutable());
        return true;
    }

    /// <summary>Whether this path is <paramref name="ancestor"/> or lies below it.</summary>
    public bool IsAtOrBelow(NamePath ancestor) =>
        Labels.Length >= ancestor.Labels.Length && Labels.AsSpan(0, ancestor.Labels.Length).SequenceEqual(ancestor.Labels.AsSpan());

    /// <summary>This path seen from <paramref name="ancestor"/>, which it must lie at or below.</summary>
    public NamePath RelativeTo(NamePath ancestor) => new(Labels[ancestor.Labels.Length..]);

    /// <summary>The path and all above it, the nearest first, the root last.</summary>
    public IEnumerable<NamePath> SelfAndAncestors()
    {
        for (NamePath at = this; ; at = at.Parent)
        {
            yield return at;
            if (at.IsRoot)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public bool Equals(NamePath other) => Labels.AsSpan().SequenceEqual(other.Labels.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NamePath other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (Label label in Labels)
        {
            hash.Add(label);
        }

        return hash.ToHashCode();
    }

    /// <summary>Depth first: a path before what lies below it, siblings in ascending order.</summary>
    public int CompareTo(NamePath other) => Labels.AsSpan().SequenceCompareTo(other.Labels.AsSpan());

    /// <summary>Every label followed by ':'; the root is ":".</summary>
    public override string ToString() => IsRoot ? ":" : string.Concat(Labels.Select(label => label + ":"));

    /// <summary>Equality by labels.</summary>
    public static bool operator ==(NamePath left, NamePath right) => left.Equals(right);

    /// <summary>Inequality by labels.</summary>
    public static bool operator !=(NamePath left, NamePath right) => !left.Equals(right);

    /// <summary>Depth-first order.</summary>
    public static bool operator <(NamePath left, NamePath right) => left.CompareTo(right) < 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator >(NamePath left, NamePath right) => left.CompareTo(right) > 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator <=(NamePath left, NamePath right) => left.CompareTo(right) <= 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator >=(NamePath left, NamePath right) => left.CompareTo(right) >= 0;
}
