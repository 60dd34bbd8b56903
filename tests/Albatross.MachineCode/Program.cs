using System.Diagnostics;
using Albatross.MachineCode.Differential;
using Albatross.MachineCode.Model;
using Albatross.MachineCode.Mutation;
using Albatross.MachineCode.Source;

namespace Albatross.MachineCode;

/// <summary>
/// <c>generate</c> writes src/Albatross.Solo5/MachineCode.g.cs and tests/Albatross.MachineCode/listing.txt;
/// <c>check COUNT SEED</c> interprets that many random hypercalls against the oracle; <c>mutations</c> looks whether mistakes in the code
/// would be noticed; <c>differential COUNT [SEED]</c> runs that many random guests under KVM and compares with the oracle.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments) => arguments switch
    {
        ["generate"] => Generate(),
        ["check", string count, string seed] => Check(int.Parse(count, null), int.Parse(seed, null)),
        ["mutations"] => Mutate(),
        ["differential", string count] => Compare(int.Parse(count, null), DailySeed.Today()),
        ["differential", string count, string seed] => Compare(int.Parse(count, null), int.Parse(seed, null)),
        _ => Usage(),
    };

    private static int Usage()
    {
        Console.Error.WriteLine("usage: generate | check COUNT SEED | mutations | differential COUNT [SEED]");
        return 1;
    }

    private static int Generate()
    {
        string root = RepositoryRoot();
        File.WriteAllText(Path.Combine(root, "src/Albatross.Solo5/MachineCode.g.cs"), Generator.ProductFile());
        File.WriteAllText(Path.Combine(root, "tests/Albatross.MachineCode/listing.txt"), Generator.ListingFile());
        AssembledCode loop = new RunLoop().Assemble();
        Console.WriteLine($"{loop.Decode().Count()} instructions of {loop.InstructionBytes} bytes, {loop.Bytes.Length} bytes with texts");
        return 0;
    }

    private static int Check(int count, int seed)
    {
        VerificationReport report = Verification.Run(new RunLoop().Assemble(), count, seed);
        Console.WriteLine(report);
        return report.Failure is null ? 0 : 1;
    }

    private static int Mutate()
    {
        var clock = Stopwatch.StartNew();
        IReadOnlyList<Mutant> mutants = MutationRun.All();
        MutationReport report = MutationRun.Run(mutants, seed: 1);
        string list = Path.Combine(RepositoryRoot(), "tests/Albatross.MachineCode/survivors.txt");
        string? complaint = report.Complaint(Explanations.Read(File.ReadLines(list)));
        Console.WriteLine(
            $"{report.Count} mutants, {report.Count - report.Survivors.Count} caught ({100 * report.Share:f2} %), "
            + $"{report.Survivors.Count} survive, in {clock.Elapsed.TotalSeconds:f0} s");
        Console.WriteLine(complaint ?? "every survivor is explained in tests/Albatross.MachineCode/survivors.txt");
        return complaint is null ? 0 : 1;
    }

    private static int Compare(int count, int seed)
    {
        var clock = Stopwatch.StartNew();
        DifferentialReport report = DifferentialRun.Run(count, seed, Environment.ProcessorCount);
        Console.WriteLine($"{report} in {clock.Elapsed.TotalSeconds:f0} s");
        return report.Failures.Count == 0 ? 0 : 1;
    }

    private static string RepositoryRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Albatross.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("run it from a build inside the repository");
    }
}
