namespace Albatross.Policy.Names;

/// <summary>
/// What a command is about: a path and perhaps a label in it. Written as the path and then the label or nothing:
/// <c>:</c> the root path, <c>:hello</c> a label in it, <c>foo:bar:</c> a path, <c>foo:bar:web</c> a label there
/// (wire specification, section 5).
/// </summary>
/// <param name="Path">The administrative domain.</param>
/// <param name="Label">The unikernel or block device in it; null when the path itself is meant.</param>
/// <example><code>Name.TryParse("foo:Web", out Name name, out _) // name.ToString() == "foo:web"</code></example>
public readonly record struct Name(NamePath Path, Label? Label) : IComparable<Name>
{
    /// <summary>The longest text of a name, in characters: <see cref="NamePath.MaxDepth"/> labels and their colons.</summary>
    public const int MaxLength = NamePath.MaxDepth * (Names.Label.MaxLength + 1) + 1;

    /// <summary>The root path without a label.</summary>
    public static Name Root => default;

    /// <summary>Reads a name, or says why <paramref name="text"/> is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Name name, [NotNullWhen(false)] out Refusal? refusal)
    {
        name = default;
        if (text.IsEmpty)
        {
            refusal = new Refusal(RefusalCode.InvalidName, "empty name");
            return false;
        }

        if (text.Length > MaxLength)
        {
            refusal = new Refusal(RefusalCode.InvalidName, $"invalid name: longer than {MaxLength} characters");
            return false;
        }

        int colon = text.LastIndexOf(':');
        ReadOnlySpan<char> last = text[(colon + 1)..];
        Label label = default;
        if (!ParsePath(text[..(colon + 1)], out NamePath path, out refusal)
            || (!last.IsEmpty && !Names.Label.TryParse(last, out label, out refusal)))
        {
            return false;
        }

        // Path and label share one tree (Node), so both together must fit its depth.
        bool fits = last.IsEmpty || path.Labels.Length < NamePath.MaxDepth;
        refusal = fits ? null : new Refusal(RefusalCode.InvalidName, $"invalid name: more than {NamePath.MaxDepth} labels");
        name = fits ? new Name(path, last.IsEmpty ? null : label) : default;
        return fits;
    }

    // "foo:" before the label is a path; "::" is none, and ":foo:" is the path foo.
    private static bool ParsePath(ReadOnlySpan<char> text, out NamePath path, [NotNullWhen(false)] out Refusal? refusal)
    {
        if (text.Length == 2 && text[1] == ':' && text[0] == ':')
        {
            path = default;
            refusal = new Refusal(RefusalCode.InvalidName, "invalid name: an empty label between two ':'");
            return false;
        }

        return NamePath.TryParse(text, out path, out refusal);
    }

    /// <summary>The labels of path and label together: the place in the tree that both share.</summary>
    public NamePath Node => Label is { } label ? Path.Child(label) : Path;

    /// <summary>This name seen from <paramref name="ancestor"/>, at or below which its path must lie.</summary>
    public Name RelativeTo(NamePath ancestor) => this with { Path = Path.RelativeTo(ancestor) };

    /// <summary>Depth first by <see cref="Node"/>.</summary>
    public int CompareTo(Name other) => Node.CompareTo(other.Node);

    /// <inheritdoc/>
    public override string ToString() => Path.ToString() + Label;

    /// <summary>Depth-first order.</summary>
    public static bool operator <(Name left, Name right) => left.CompareTo(right) < 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator >(Name left, Name right) => left.CompareTo(right) > 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator <=(Name left, Name right) => left.CompareTo(right) <= 0;

    /// <summary>Depth-first order.</summary>
    public static bool operator >=(Name left, Name right) => left.CompareTo(right) >= 0;
}
