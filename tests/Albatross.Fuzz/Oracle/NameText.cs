using System.Text;

namespace Albatross.Fuzz.Oracle;

/// <summary>Names by section 5, with nothing but splitting of strings.</summary>
internal static class NameText
{
    private const int MostLabels = 64;                     // our limit; the peer has none
    private const int MostCharacters = 64 * 64 + 1;

    /// <summary>The text as the peer prints the name, or null when it is none.</summary>
    public static byte[]? Canonical(ReadOnlySpan<byte> content) =>
        Canonical(Encoding.Latin1.GetString(content)) is { } text ? Encoding.ASCII.GetBytes(text) : null;

    /// <summary>As above.</summary>
    public static string? Canonical(string text)
    {
        if (text.Length is 0 or > MostCharacters)
        {
            return null;
        }

        // A trailing colon: no label. Otherwise the last component is the label and the rest is the path.
        int colon = text.LastIndexOf(':');
        string label = text[(colon + 1)..];
        string[]? path = PathOf(colon < 0 ? "" : text[..colon], isPresent: colon >= 0);
        if (path is null || (label.Length > 0 && LabelOf(label) is null) || path.Length + (label.Length > 0 ? 1 : 0) > MostLabels)
        {
            return null;
        }

        return string.Concat(path.Select(one => one + ":")) + (path.Length == 0 ? ":" : "") + (label.Length > 0 ? LabelOf(label) : "");
    }

    /// <summary>A path on its own: labels separated by colons, one leading and one trailing colon ignored; null when it is none.</summary>
    public static string[]? Path(string text)
    {
        string rest = text.StartsWith(':') ? text[1..] : text;
        rest = rest.EndsWith(':') ? rest[..^1] : rest;
        return rest.Length == 0 ? (text.Length <= 1 ? [] : null) : Labels(rest);
    }

    /// <summary>The label in lower case, or null when it is none.</summary>
    public static string? LabelOf(string text)
    {
        bool isGood = text.Length is >= 1 and <= 63 && text[0] != '-'
            && text.All(c => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '.');
        return isGood ? new string([.. text.Select(c => c is >= 'A' and <= 'Z' ? (char)(c + 32) : c)]) : null;
    }

    // What stands before the last colon. One leading colon is ignored; then empty is the root only when nothing was there.
    private static string[]? PathOf(string text, bool isPresent)
    {
        if (!isPresent || text.Length == 0)
        {
            return [];
        }

        return text == ":" ? null : Labels(text.StartsWith(':') ? text[1..] : text);
    }

    private static string[]? Labels(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length <= MostLabels && parts.All(part => LabelOf(part) is not null)
            ? [.. parts.Select(part => LabelOf(part)!)]
            : null;
    }
}
