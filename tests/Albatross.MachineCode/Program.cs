using Albatross.MachineCode.Model;
using Albatross.MachineCode.Source;

namespace Albatross.MachineCode;

/// <summary>
/// <c>generate</c> writes src/Albatross.Solo5/MachineCode.g.cs and tests/Albatross.MachineCode/listing.txt;
/// <c>check COUNT SEED</c> interprets that many random hypercalls against the oracle.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments) => arguments switch
    {
        ["generate"] => Generate(),
        ["check", string count, string seed] => Check(int.Parse(count, null), int.Parse(seed, null)),
        _ => Usage(),
    };

    private static int Usage()
    {
        Console.Error.WriteLine("usage: generate | check COUNT SEED");
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
