using System.Text;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;
using Albatross.Policy.Names;

namespace Albatross.Fuzz.Targets;

/// <summary>Labels, paths and names, held against section 5 written down once more.</summary>
internal sealed class NameTarget : FuzzTarget
{
    public override string Name => "names";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            ":", "::", ":foo", "foo:", ":foo:", "foo:bar", "foo:bar:my.uk", ":foo:bar", "foo::bar", "-a", "a-", ".", "..", "", "UPPER",
            "a b", "a\0", new string('a', 63), new string('a', 64), string.Concat(Enumerable.Repeat("a:", 63)) + "b",
            string.Concat(Enumerable.Repeat("a:", 64)), string.Concat(Enumerable.Repeat("a:", 64)) + "b",
            string.Concat(Enumerable.Repeat("a:", 65)),
            string.Concat(Enumerable.Repeat(new string('x', 63) + ":", 64)),
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public override Outcome Decode(byte[] input)
    {
        string text = Text(input);
        bool isName = Albatross.Policy.Names.Name.TryParse(text, out Name name, out Refusal? refusal);
        bool isPath = NamePath.TryParse(text, out NamePath path, out _);
        bool isLabel = Label.TryParse(text, out Label label, out _);
        var found = (isName ? name : (Name?)null, isPath ? path : (NamePath?)null, isLabel ? label : (Label?)null);
        return new Outcome(isName, refusal?.Text ?? $"{(isPath ? "path" : "")}{(isLabel ? "label" : "")}", found);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        string text = Text(input);
        (Name? name, NamePath? path, Label? label) = ((Name?, NamePath?, Label?))outcome.Value!;
        string? canonical = NameText.Canonical(text);
        if (canonical != name?.ToString())
        {
            return $"as a name: ours \"{name}\", the oracle's \"{canonical}\"";
        }

        string? labels = NameText.Path(text) is { } parts ? string.Join('|', parts) : null;
        if (labels != (path is { } found ? string.Join('|', found.Labels) : null))
        {
            return $"as a path: ours \"{path}\", the oracle's \"{labels}\"";
        }

        if (NameText.LabelOf(text) != label?.ToString())
        {
            return $"as a label: ours \"{label}\"";
        }

        return name is { } one && !(Albatross.Policy.Names.Name.TryParse(one.ToString(), out Name again, out _) && again == one)
            ? "a name is not read again as it is printed"
            : null;
    }

    // Bytes as characters, or now and then what UTF-8 makes of them: characters beyond a byte.
    private static string Text(byte[] input) =>
        input is [0xff, ..] ? Encoding.UTF8.GetString(input.AsSpan(1)) : Encoding.Latin1.GetString(input);
}
