using Albatross.MachineCode.Source;

namespace Albatross.MachineCode.Mutation;

/// <summary>One small mistake in the machine code.</summary>
/// <param name="Place">
/// Code, the label before it, how many instructions behind that, and the mnemonic: stays the same when other parts of the code change.
/// </param>
/// <param name="Change">What is different.</param>
/// <param name="At">Address of the instruction.</param>
/// <param name="Code">The whole code with the mistake.</param>
internal sealed record Mutant(string Place, string Change, ulong At, AssembledCode Code)
{
    /// <summary>The key under which a survivor is explained.</summary>
    internal string Name => $"{Place}: {Change}";
}
