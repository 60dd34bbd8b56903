namespace Albatross.Tender;

/// <summary>
/// The program's arguments as the bytes that they are. .NET decodes them as UTF-8 and so changes what is none; the guest's command line has
/// to pass unchanged.
/// </summary>
internal static class RawArguments
{
    /// <summary>The base name of the program and its last <paramref name="count"/> arguments, from /proc/self/cmdline.</summary>
    internal static (string Program, byte[][] Arguments) Read(int count)
    {
        byte[] all = File.ReadAllBytes("/proc/self/cmdline");
        List<byte[]> words = [];
        ReadOnlySpan<byte> rest = all;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            words.Add(rest[..(end < 0 ? rest.Length : end)].ToArray());
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        // Run as `dotnet albatross-tender.dll`, the program is the word before the arguments.
        int first = Math.Max(words.Count - count, 0);
        string program = first > 0 ? Path.GetFileName(TextOf(words[first - 1])) : "albatross-tender";
        return (program.EndsWith(".dll", StringComparison.Ordinal) ? program[..^4] : program, [.. words[first..]]);
    }

    /// <summary>An argument for a message.</summary>
    internal static string TextOf(ReadOnlySpan<byte> argument) => System.Text.Encoding.UTF8.GetString(argument);
}
