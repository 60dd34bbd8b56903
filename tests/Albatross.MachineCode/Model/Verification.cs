using Albatross.MachineCode.Source;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

/// <summary>Result of a comparison with the oracle.</summary>
/// <param name="Cases">Hypercalls that were compared.</param>
/// <param name="Steps">Instructions that were interpreted.</param>
/// <param name="Failure">The first difference, or null.</param>
/// <param name="NotCovered">Instructions of the run loop that were never executed.</param>
/// <param name="OneWay">Conditional branches of the run loop that only ever went one way.</param>
internal sealed record VerificationReport(
    int Cases, long Steps, string? Failure, IReadOnlyList<string> NotCovered, IReadOnlyList<string> OneWay)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(
        '\n',
        [
            Failure ?? $"{Cases} hypercalls, {Steps} instructions interpreted, all as the oracle says",
            .. NotCovered.Select(text => $"not covered: {text}"),
            .. OneWay.Select(text => $"one way only: {text}"),
        ]);
}

/// <summary>Interprets the run loop on random cases and compares every round with the oracle.</summary>
internal static class Verification
{
    /// <summary>Runs <paramref name="count"/> cases of <paramref name="seed"/>, or up to the first difference.</summary>
    internal static VerificationReport Run(AssembledCode code, int count, int seed)
    {
        var process = new ModelledProcess(code);
        var cases = new RandomCases(seed);
        string? failure = null;
        int done = 0;
        for (; done < count && failure is null; done++)
        {
            failure = Compare(process, cases.Next(), done, seed);
        }

        Interpreter interpreter = process.Interpreter;
        List<Instruction> loop = [.. interpreter.Instructions.Where(instruction => instruction.IP >= code.RunAddress)];
        return Report(done, interpreter, failure, loop);
    }

    /// <summary>What became of <paramref name="counted"/>, the instructions that the cases are to reach.</summary>
    internal static VerificationReport Report(int done, Interpreter interpreter, string? failure, List<Instruction> counted) => new(
        done,
        interpreter.Steps,
        failure,
        [.. counted.Where(instruction => !interpreter.IsCovered(instruction.IP)).Select(Describe)],
        [.. counted.Where(instruction => IsOneWay(instruction, interpreter)).Select(Describe)]);

    private static string? Compare(ModelledProcess process, HypercallCase hypercall, int index, int seed)
    {
        process.Prepare(hypercall);
        Behaviour expected = Oracle.Expect(hypercall, process.ReadGuest);
        string seen;
        try
        {
            Behaviour behaviour = process.Round();
            if (behaviour.SameAs(expected))
            {
                return null;
            }

            seen = behaviour.ToString();
        }
        catch (ModelException e)
        {
            seen = e.Message;
        }

        string fields = string.Join(' ', hypercall.Fields.Select(field => field.ToString("x", null)));
        return $"seed {seed}, case {index}: {hypercall} fields {fields}\nexpected {expected}\nseen     {seen}";
    }

    private static bool IsOneWay(in Instruction instruction, Interpreter interpreter) =>
        instruction.FlowControl == FlowControl.ConditionalBranch
        && !(interpreter.Branches.Contains((instruction.IP, true)) && interpreter.Branches.Contains((instruction.IP, false)));

    private static string Describe(Instruction instruction) => $"{instruction.IP:x}: {instruction}";
}
