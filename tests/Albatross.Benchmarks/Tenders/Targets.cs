using System.Globalization;

namespace Albatross.Benchmarks.Tenders;

/// <summary>What was measured, line by line, and the promises among it.</summary>
internal sealed class Targets
{
    private int _missed;

    /// <summary>How many promises were missed by more than their slack.</summary>
    public int Missed => _missed;

    /// <summary>A heading.</summary>
    public static void Section(string text) => Console.WriteLine($"\n{text}");

    /// <summary>A figure without a promise.</summary>
    public static void Figure(string what, double value, string unit) => Console.WriteLine(Line(what, value, unit));

    /// <summary>
    /// A figure that is to be at most <paramref name="target"/>; it counts as missed beyond <paramref name="slack"/> times as much, which
    /// is what the noise of a shared machine was seen to explain.
    /// </summary>
    public void AtMost(string what, double value, string unit, double target, double slack)
    {
        string verdict = value <= target ? "good" : value <= target * slack ? "missed within noise" : "MISSED";
        _missed += verdict == "MISSED" ? 1 : 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Line(what, value, unit)}   target {target:0.##}: {verdict}"));
    }

    /// <summary>The middle one.</summary>
    public static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Line(string what, double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"  {what,-68} {value,9:0.00} {unit}");
}
