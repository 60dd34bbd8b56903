using System.Globalization;

namespace Albatross.MachineCode;

/// <summary>Random tests try something else every day, and a finding of a day can be repeated.</summary>
internal static class DailySeed
{
    /// <summary>The date as a number, 20260131 for instance (UTC).</summary>
    internal static int Today() =>
        int.Parse(DateTime.UtcNow.ToString("yyyyMMdd", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
