using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Certificates;

/// <summary>
/// What a common name means, and which commands may stand in a leaf (wire specification, section 9). The texts are the original's.
/// </summary>
internal static class NameRules
{
    /// <summary>The label that an intermediate with a policy adds to the path.</summary>
    public static bool TryReadDelegation(string? commonName, out Label label, [NotNullWhen(false)] out Refusal? refusal)
    {
        if (commonName is not null)
        {
            return Label.TryParse(commonName, out label, out refusal);
        }

        label = default;
        refusal = new Refusal(RefusalCode.InvalidName, "policy add may not have an empty name");
        return false;
    }

    /// <summary>The label that a leaf is about; null for the path itself (no common name, "." or ":").</summary>
    public static bool TryReadLeaf(string? commonName, Command command, out Label? label, [NotNullWhen(false)] out Refusal? refusal)
    {
        label = null;
        if (commonName is null && NeedsName(command))
        {
            refusal = new Refusal(RefusalCode.InvalidName, $"{command.Words} may not have an empty name");
            return false;
        }

        refusal = null;
        if (commonName is not (null or "." or ":"))
        {
            bool isLabel = Label.TryParse(commonName, out Label parsed, out refusal);
            label = parsed;
            return isLabel;
        }

        return true;
    }

    /// <summary>
    /// Null when <paramref name="command"/> may stand in a leaf. A command of a newer version may: it is answered, not carried out.
    /// </summary>
    public static Refusal? CheckCommand(Command command) => command switch
    {
        Command.ConsoleSubscribe or Command.ConsoleInactive or Command.StatisticsSubscribe or Command.PolicyInfo or Command.Unknown => null,
        Command.UnikernelCreate or Command.UnikernelDestroy or Command.UnikernelGet => null,
        Command.UnikernelInfo or Command.UnikernelRestart => null,
        Command.BlockAdd or Command.BlockDump or Command.BlockInfo or Command.BlockRemove or Command.BlockSet => null,
        Command.BlockOldAdd or Command.BlockOldDump or Command.BlockOldSet => null,
        _ => new Refusal(RefusalCode.UnexpectedCommand, "unexpected command"),
    };

    private static bool NeedsName(Command command) => command
        is Command.PolicyAdd or Command.PolicyRemove
        or Command.BlockAdd or Command.BlockRemove or Command.BlockSet or Command.BlockDump
        or Command.BlockOldAdd or Command.BlockOldSet or Command.BlockOldDump;
}
