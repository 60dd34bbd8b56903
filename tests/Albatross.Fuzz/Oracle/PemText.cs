using System.Text.RegularExpressions;

namespace Albatross.Fuzz.Oracle;

/// <summary>
/// PEM by RFC 7468, lax about white space: a block stands alone between white space, and every block that begins is whole. Two habits of
/// the platform are taken over: the last character of a text may be anything, and digits beyond the last byte must be zero.
/// </summary>
internal static partial class PemText
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int MostBlocks = 64;

    /// <summary>The blocks, or null when the text is refused.</summary>
    public static List<(string Label, byte[] Content)>? Read(string text)
    {
        int begun = text.Split("-----BEGIN ").Length - 1;
        var blocks = new List<(string, byte[])>();
        for (int at = 0; at < text.Length;)
        {
            Match match = Block().Match(text, at);
            if (!match.Success)
            {
                break;
            }

            if (Decode(match.Groups["data"].Value) is { } content)
            {
                blocks.Add((match.Groups["label"].Value, content));
                at = match.Index + match.Length;
            }
            else
            {
                at = match.Index + 1;
            }
        }

        return begun <= MostBlocks && blocks.Count == begun ? blocks : null;
    }

    private static byte[]? Decode(string data)
    {
        string digits = new([.. data.Where(c => c is not (' ' or '\t' or '\r' or '\n'))]);
        string payload = digits.TrimEnd('=');
        int padding = digits.Length - payload.Length;
        if (digits.Length % 4 != 0 || padding > 2 || payload.Contains('=', StringComparison.Ordinal))
        {
            return null;
        }

        var bytes = new List<byte>();
        int bits = 0, value = 0;
        foreach (char c in payload)
        {
            value = ((value << 6) | Alphabet.IndexOf(c, StringComparison.Ordinal)) & 0xffff;
            bits += 6;
            if (bits >= 8)
            {
                bits -= 8;
                bytes.Add((byte)(value >> bits));
            }
        }

        return (value & ((1 << bits) - 1)) == 0 ? [.. bytes] : null;
    }

    [GeneratedRegex(
        @"(?<=\A|[ \t\r\n])-----BEGIN (?<label>(?:[!-,.-~](?:[- ]?[!-,.-~])*)?)-----"
        + @"(?<data>[A-Za-z0-9+/= \t\r\n]*)-----END \k<label>-----(?=\z|[ \t\r\n]|[^\0]\z|\0\z)")]
    private static partial Regex Block();
}
