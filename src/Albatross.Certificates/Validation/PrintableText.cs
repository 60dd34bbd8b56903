namespace Albatross.Certificates.Validation;

/// <summary>A stranger's text made fit for a sentence: quoted, at most 64 characters, nothing but printable ASCII.</summary>
internal static class PrintableText
{
    private const int MaxLength = 64;

    public static string Of(string? text)
    {
        if (text is null)
        {
            return "(no common name)";
        }

        string printable = string.Concat(text.Take(MaxLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'));
        return text.Length > MaxLength ? $"\"{printable}...\"" : $"\"{printable}\"";
    }
}
