using System.Globalization;
using Albatross.MachineCode.Model;
using Albatross.MachineCode.Source;

namespace Albatross.MachineCode.Mutation;

/// <summary>What became of the mutants.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Survivors">Names of those that no case told from the right code.</param>
internal sealed record MutationReport(int Count, IReadOnlyList<string> Survivors)
{
    /// <summary>Below this share of caught mutants the verification is too weak, whatever the explanations say.</summary>
    internal const double LeastShare = 0.98;

    /// <summary>Caught mutants of all.</summary>
    internal double Share => (double)(Count - Survivors.Count) / Count;

    /// <summary>
    /// Null if enough are caught and the rest is exactly what <paramref name="explanations"/> explain; else what is wrong, a line each.
    /// </summary>
    internal string? Complaint(IReadOnlyDictionary<string, string> explanations)
    {
        List<string> complaints =
        [
            .. Survivors.Where(name => !explanations.ContainsKey(name)).Select(name => $"not explained: {name}"),
            .. explanations.Keys.Where(name => !Survivors.Contains(name)).Select(name => $"explained, but caught or not there: {name}"),
        ];
        if (Share < LeastShare)
        {
            complaints.Add(string.Create(CultureInfo.InvariantCulture, $"only {Share:P2} are caught, {LeastShare:P0} is the least"));
        }

        return complaints.Count == 0 ? null : string.Join('\n', complaints);
    }
}

/// <summary>
/// Puts every mutant in the place of the code and looks whether the verification notices: random cases up to the first difference, and for
/// those that survive the first round many more.
/// </summary>
internal static class MutationRun
{
    private const int FirstRound = 3000, SecondRound = 60_000, Tables = 3000, MoreTables = 20_000;

    /// <summary>Every mutant of the three codes.</summary>
    internal static IReadOnlyList<Mutant> All() =>
    [
        .. Mutants.Of("hvt", new RunLoop().Assemble()),
        .. Mutants.Of("spt", new SptEntry().Assemble()),
        .. Mutants.Of("spawn", SpawnStub.Assemble()),
    ];

    /// <summary>Judges <paramref name="mutants"/> on all processors.</summary>
    internal static MutationReport Run(IReadOnlyList<Mutant> mutants, int seed)
    {
        var isCaught = new bool[mutants.Count];
        Parallel.For(0, mutants.Count, i => isCaught[i] =
            IsCaught(mutants[i], FirstRound, Tables, seed) || IsCaught(mutants[i], SecondRound, MoreTables, seed + 1));
        return new MutationReport(mutants.Count, [.. mutants.Where((_, i) => !isCaught[i]).Select(mutant => mutant.Name)]);
    }

    private static bool IsCaught(Mutant mutant, int cases, int tables, int seed)
    {
        AssembledCode code = mutant.Code;
        return mutant.Place.Split(' ')[0] switch
        {
            "spt" => PlayerVerification.SptEntry(code, tables, seed).Failure is not null,
            "spawn" => SpawnVerification.Run(code, tables, seed).Failure is not null,
            _ => (mutant.At >= code.RunAddress && Verification.Run(code, cases, seed).Failure is not null)
                || PlayerVerification.RunLoop(code, tables, seed).Failure is not null,
        };
    }
}
