using System.Globalization;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Targets;

namespace Albatross.Fuzz;

/// <summary>
/// <c>list</c> names the targets; <c>run TARGET|all [--seconds N] [--count N] [--seed S]</c> feeds one or all of them, a line each;
/// <c>run TARGET --seed S --only INDEX</c> repeats one input. Exit status 1: something was found.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["list"]:
                Array.ForEach([.. AllTargets.List], target => Console.WriteLine(target.Name));
                return 0;
            case ["run", var name, .. var options] when TryOptions(options, out Dictionary<string, long>? values):
                FuzzTarget[] targets = [.. AllTargets.List.Where(target => name == "all" || target.Name == name)];
                return targets.Length == 0 ? Usage() : Run(targets, values);
            default:
                return Usage();
        }
    }

    private static int Usage()
    {
        Console.Error.WriteLine("usage: list | run TARGET|all [--seconds N] [--count N] [--seed S] | run TARGET --seed S --only INDEX");
        return 2;
    }

    private static int Run(FuzzTarget[] targets, Dictionary<string, long> options)
    {
        ulong seed = (ulong)options.GetValueOrDefault("--seed", 1);
        if (options.TryGetValue("--only", out long index))
        {
            return RunOnly(targets[0], seed, index);
        }

        bool isCounted = options.TryGetValue("--count", out long count);
        double seconds = options.GetValueOrDefault("--seconds", isCounted ? int.MaxValue : 5);
        int status = 0;
        foreach (FuzzTarget target in targets)
        {
            FuzzReport report = new FuzzRun(target, seed, isTimed: true).Run(isCounted ? count : long.MaxValue, TimeSpan.FromSeconds(seconds));
            Console.WriteLine(report);
            foreach (Finding finding in report.Findings)
            {
                Console.WriteLine($"run {target.Name} {finding}");
                status = 1;
            }
        }

        return status;
    }

    private static int RunOnly(FuzzTarget target, ulong seed, long index)
    {
        (byte[] input, Outcome outcome, Finding? finding) = new FuzzRun(target, seed, isTimed: true).RunOnly(index);
        Console.WriteLine($"{target.Name}: {(outcome.Accepted ? "accepted" : "rejected")}, {outcome.Kind}");
        Console.WriteLine($"  {Convert.ToHexStringLower(input)}");
        if (finding is not null)
        {
            Console.WriteLine(finding);
        }

        return finding is null ? 0 : 1;
    }

    private static bool TryOptions(string[] words, [NotNullWhen(true)] out Dictionary<string, long>? options)
    {
        options = [];
        for (int i = 0; i < words.Length; i += 2)
        {
            bool isKnown = words[i] is "--seconds" or "--count" or "--seed" or "--only";
            if (!isKnown || i + 1 == words.Length || !long.TryParse(words[i + 1], CultureInfo.InvariantCulture, out long value))
            {
                return false;
            }

            options[words[i]] = value;
        }

        return true;
    }
}
