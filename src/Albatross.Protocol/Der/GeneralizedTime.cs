using System.Globalization;

namespace Albatross.Protocol.Der;

/// <summary>
/// GeneralizedTime as the original writes and reads it, which is not the canonical form of X.690 11.7 (wire specification, section 2).
/// Written: <c>YYYYMMDDHHMMSSZ</c>, or with exactly three digits of fraction when the instant is not a whole second.
/// Read: <c>YYYYMMDDHH[MM[SS[.f]]]</c> and a zone: <c>Z</c>, <c>+hhmm</c>, <c>-hhmm</c> or none, which means UTC.
/// </summary>
internal static class GeneralizedTime
{
    private const int MillisecondDigits = 3;

    // With Z the original passes over four further digits, which it takes for a zone first.
    private const int MostFractionDigits = 7;

    /// <summary>The text of <paramref name="instant"/> in ASCII; what is finer than a millisecond is cut off.</summary>
    public static string Format(DateTimeOffset instant)
    {
        // The fraction is left out for a whole second only: half a millisecond gives ".000".
        bool whole = instant.UtcTicks % TimeSpan.TicksPerSecond == 0;
        return instant.UtcDateTime.ToString(whole ? "yyyyMMddHHmmss'Z'" : "yyyyMMddHHmmss'.'fff'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads an instant of the years 1 to 9999.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset instant)
    {
        instant = default;
        int minute = 0, second = 0, millisecond = 0, fractionDigits = 0;
        bool hasMinute = false, hasSecond = false;
        if (!TakeNumber(ref text, 4, out int year) || !TakeNumber(ref text, 2, out int month)
            || !TakeNumber(ref text, 2, out int day) || !TakeNumber(ref text, 2, out int hour))
        {
            return false;
        }

        hasMinute = TakeNumber(ref text, 2, out minute);
        hasSecond = hasMinute && TakeNumber(ref text, 2, out second);
        if (hasSecond && text.StartsWith("."u8))
        {
            text = text[1..];
            millisecond = TakeFraction(ref text, out fractionDigits);
            if (fractionDigits == 0)
            {
                return false;
            }
        }

        // More than three digits and a numeric zone, or none, could be read in two ways: refused.
        bool zulu = text.SequenceEqual("Z"u8);
        if (fractionDigits > (zulu ? MostFractionDigits : MillisecondDigits))
        {
            return false;
        }

        return TryParseZone(text, zulu, out TimeSpan zone)
            && TryMake((year, month, day), (hour, minute, second, millisecond), zone, out instant);
    }

    // Second 60 is the first of the next minute. Whatever is out of range leaves the default.
    private static bool TryMake(
        (int Year, int Month, int Day) date,
        (int Hour, int Minute, int Second, int Millisecond) time,
        TimeSpan zone,
        out DateTimeOffset instant)
    {
        instant = default;
        if (date.Year < 1 || date.Month is < 1 or > 12 || date.Day < 1 || date.Day > DateTime.DaysInMonth(date.Year, date.Month)
            || time.Hour > 23 || time.Minute > 59 || time.Second > 60)
        {
            return false;
        }

        var span = new TimeSpan(0, time.Hour, time.Minute, time.Second, time.Millisecond);
        long ticks = new DateTime(date.Year, date.Month, date.Day, 0, 0, 0, DateTimeKind.Utc).Ticks + span.Ticks - zone.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        instant = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool TryParseZone(ReadOnlySpan<byte> text, bool zulu, out TimeSpan zone)
    {
        zone = TimeSpan.Zero;
        if (text.IsEmpty || zulu)
        {
            return true;
        }

        int sign = text[0] switch { (byte)'+' => 1, (byte)'-' => -1, _ => 0 };
        text = text[1..];
        if (sign == 0 || !TakeNumber(ref text, 2, out int hours) || !TakeNumber(ref text, 2, out int minutes)
            || !text.IsEmpty || hours > 23 || minutes > 59)
        {
            return false;
        }

        zone = sign * new TimeSpan(hours, minutes, 0);
        return true;
    }

    // The digits are a number of milliseconds: ".5" is 5 ms. Digits after the third do not count.
    private static int TakeFraction(ref ReadOnlySpan<byte> text, out int digits)
    {
        digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        ReadOnlySpan<byte> counted = text[..Math.Min(digits, MillisecondDigits)];
        text = text[digits..];
        return TakeNumber(ref counted, counted.Length, out int value) ? value : 0;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, int digits, out int value)
    {
        value = 0;
        if (text.Length < digits || text[..digits].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (byte digit in text[..digits])
        {
            value = value * 10 + (digit - '0');
        }

        text = text[digits..];
        return true;
    }
}
