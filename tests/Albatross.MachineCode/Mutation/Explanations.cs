namespace Albatross.MachineCode.Mutation;

/// <summary>The committed list of mutants that nothing can tell from the right code, and why: survivors.txt, a line each.</summary>
internal static class Explanations
{
    private const string Separator = " -- ";

    /// <summary>Reads "NAME -- WHY"; empty lines and those that begin with # are for people.</summary>
    /// <exception cref="FormatException">A line has no explanation, or a mutant is explained twice.</exception>
    internal static IReadOnlyDictionary<string, string> Read(IEnumerable<string> lines)
    {
        var explanations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] parts = line.Split(Separator, 2);
            if (parts.Length < 2 || parts[1].Trim().Length == 0 || !explanations.TryAdd(parts[0], parts[1]))
            {
                throw new FormatException($"no explanation, or a second one: {line}");
            }
        }

        return explanations;
    }
}
