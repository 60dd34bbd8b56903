namespace Albatross.Certificates.Validation;

/// <summary>A stranger's text made fit for a sentence: quoted, at most 64 characters, nothing but printable ASCII.</summary>
internal static class PrintableText
{
    private const int MaxLength = 64;

    public static string Of(string? text) => text is null
        ? "(no common name)"
        : $"\"{string.Concat(text.Take(MaxLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'))}{(text.Length > MaxLength ? "..." : "")}\"";
}
