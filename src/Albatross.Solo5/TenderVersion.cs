using System.Globalization;

namespace Albatross.Solo5;

/// <summary>What a tender says of itself when it is called with <c>--version</c> (section 2 of the hvt ABI description).</summary>
/// <param name="Program">The name by which it was called.</param>
/// <param name="Version">The version of the program.</param>
/// <param name="AbiVersion">The version of its target's ABI.</param>
/// <example><code>
/// solo5-hvt tender, version v0.12.1
/// ABI version 2
/// </code></example>
public sealed record TenderVersion(string Program, string Version, uint AbiVersion)
{
    private const string Middle = " tender, version ";
    private const string AbiStart = "ABI version ";

    /// <summary>
    /// Reads what a program printed that is to be the tender of <paramref name="target"/>; false with a sentence's end, "it …", when it is
    /// no such tender.
    /// </summary>
    public static bool TryParse(
        string printed, AbiTarget target, [NotNullWhen(true)] out TenderVersion? version, [NotNullWhen(false)] out string? why)
    {
        version = null;
        why = null;
        string[] lines = printed.Split('\n', StringSplitOptions.TrimEntries);
        string? first = lines.FirstOrDefault(line => line.IndexOf(Middle, StringComparison.Ordinal) > 0);
        string? second = lines.FirstOrDefault(line => line.StartsWith(AbiStart, StringComparison.Ordinal));
        if (first is null || second is null
            || !uint.TryParse(second[AbiStart.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out uint abi))
        {
            why = "does not print 'PROGRAM tender, version V' and 'ABI version N'";
            return false;
        }

        int middle = first.IndexOf(Middle, StringComparison.Ordinal);
        string program = first[..middle];
        AbiTarget other = target == AbiTarget.Hvt ? AbiTarget.Spt : AbiTarget.Hvt;
        uint wanted = target == AbiTarget.Hvt ? AbiNote.HvtVersion : AbiNote.SptVersion;
        bool isOthers = program.Contains(other.ManifestName(), StringComparison.Ordinal)
            && !program.Contains(target.ManifestName(), StringComparison.Ordinal);
        why = isOthers
            ? $"calls itself {program}: that is the tender of {other.ManifestName()} images"
            : abi != wanted
                ? $"has version {abi} of the {target.ManifestName()} ABI, and version {wanted} is needed"
                : null;
        version = why is null ? new TenderVersion(program, first[(middle + Middle.Length)..], abi) : null;
        return version is not null;
    }
}
