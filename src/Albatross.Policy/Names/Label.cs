using System.Buffers;

namespace Albatross.Policy.Names;

/// <summary>
/// One component of a name: 1 to 63 ASCII letters, digits, '-' or '.', not starting with '-'; kept in lower case
/// (wire specification, section 5). Ordered bytewise.
/// </summary>
/// <example><code>Label.TryParse("My.Web", out Label label, out _) // label.ToString() == "my.web"</code></example>
public readonly record struct Label : IComparable<Label>
{
    /// <summary>The longest label, in characters.</summary>
    public const int MaxLength = 63;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

    private readonly string? _text;

    private Label(string text) => _text = text;

    /// <summary>Reads a label, or says in one sentence why <paramref name="text"/> is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Label label, [NotNullWhen(false)] out Refusal? refusal)
    {
        bool good = text is { Length: > 0 and <= MaxLength } && text[0] != '-' && !text.ContainsAnyExcept(Allowed);
        refusal = good ? null : new Refusal(RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)");
        label = good ? new Label(text.ToString().ToLowerInvariant()) : default;
        return good;
    }

    /// <inheritdoc/>
    public int CompareTo(Label other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The label in lower case.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, not a parsed label.</exception>
    public override string ToString() => _text ?? throw new InvalidOperationException("an unparsed label was used");

    /// <summary>Bytewise order.</summary>
    public static bool operator <(Label left, Label right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(Label left, Label right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(Label left, Label right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(Label left, Label right) => left.CompareTo(right) >= 0;
}
