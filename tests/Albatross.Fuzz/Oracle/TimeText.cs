using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Albatross.Fuzz.Oracle;

/// <summary>GeneralizedTime by the table of section 2, with a regular expression and calendar arithmetic of its own.</summary>
internal static partial class TimeText
{
    private static readonly int[] DaysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

    /// <summary>The text as the peer would write the instant, or null when it would not read it.</summary>
    public static byte[]? Canonical(ReadOnlySpan<byte> content)
    {
        Match match = Form().Match(Encoding.Latin1.GetString(content));
        if (!match.Success)
        {
            return null;
        }

        int Part(string name, int missing = 0) =>
            match.Groups[name].Success ? int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture) : missing;
        int year = Part("Y"), month = Part("M"), day = Part("D"), hour = Part("h"), minute = Part("m"), second = Part("s");
        string fraction = match.Groups["f"].Value, zone = match.Groups["z"].Value;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DaysOf(year, month) || hour > 23 || minute > 59 || second > 60)
        {
            return null;
        }

        // More than three digits are told from a zone by the Z only.
        if (fraction.Length > (zone == "Z" ? 7 : 3))
        {
            return null;
        }

        ReadOnlySpan<char> counted = fraction.AsSpan(0, Math.Min(3, fraction.Length));
        int millisecond = counted.IsEmpty ? 0 : int.Parse(counted, CultureInfo.InvariantCulture);
        long seconds = DayNumber(year, month, day) * 86_400L + hour * 3600 + minute * 60 + second;
        if (zone.Length == 5)
        {
            int zoneHours = int.Parse(zone.AsSpan(1, 2), CultureInfo.InvariantCulture);
            int zoneMinutes = int.Parse(zone.AsSpan(3, 2), CultureInfo.InvariantCulture);
            if (zoneHours > 23 || zoneMinutes > 59)
            {
                return null;
            }

            seconds -= (zone[0] == '-' ? -60 : 60) * (zoneHours * 60 + zoneMinutes);
        }

        return Write(seconds, millisecond);
    }

    private static byte[]? Write(long seconds, int millisecond)
    {
        if (seconds < 0)
        {
            return null;
        }

        int year = 1, month = 1;
        long day = seconds / 86_400;
        year += (int)(day / 146_097) * 400;
        day %= 146_097;
        for (int length; day >= (length = IsLeap(year) ? 366 : 365); year++)
        {
            day -= length;
        }

        for (int length; day >= (length = DaysOf(year, month)); month++)
        {
            day -= length;
        }

        long time = seconds % 86_400;
        string fraction = millisecond == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{millisecond:000}");
        return year > 9999 ? null : Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{year:0000}{month:00}{day + 1:00}{time / 3600:00}{time / 60 % 60:00}{time % 60:00}{fraction}Z"));
    }

    private static long DayNumber(int year, int month, int day)
    {
        long before = year - 1;
        int leapDay = month > 2 && IsLeap(year) ? 1 : 0;
        return before * 365 + before / 4 - before / 100 + before / 400 + DaysBeforeMonth[month - 1] + leapDay + day - 1;
    }

    private static int DaysOf(int year, int month) =>
        DaysBeforeMonth[month] - DaysBeforeMonth[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0);

    private static bool IsLeap(int year) => (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    [GeneratedRegex(
        @"\A(?<Y>[0-9]{4})(?<M>[0-9]{2})(?<D>[0-9]{2})(?<h>[0-9]{2})"
        + @"(?:(?<m>[0-9]{2})(?:(?<s>[0-9]{2})(?:\.(?<f>[0-9]+))?)?)?(?<z>Z|[+-][0-9]{4})?\z")]
    private static partial Regex Form();
}
