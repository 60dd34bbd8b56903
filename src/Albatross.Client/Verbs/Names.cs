using Albatross.Policy;
using Albatross.Policy.Names;

namespace Albatross.Client.Verbs;

/// <summary>Names as they are typed.</summary>
internal static class Names
{
    /// <summary>A name.</summary>
    /// <exception cref="ClientException">It is none.</exception>
    public static Name Name(string text) => Policy.Names.Name.TryParse(text, out Name name, out Refusal? refusal)
        ? name
        : throw new ClientException(ExitStatus.Usage, $"{text}: {refusal.Text}");

    /// <summary>A name that has a label: that of a unikernel, or of <paramref name="what"/>.</summary>
    /// <exception cref="ClientException">It is none, or a path.</exception>
    public static Name Labelled(string text, string what = "unikernel") => Name(text) is { Label: not null } name
        ? name
        : throw new ClientException(ExitStatus.Usage, $"{text} is a path: give the name of a {what}, such as :hello or demo:hello");

    /// <summary>A path.</summary>
    /// <exception cref="ClientException">It is none.</exception>
    public static NamePath Path(string text) => NamePath.TryParse(text, out NamePath path, out Refusal? refusal)
        ? path
        : throw new ClientException(ExitStatus.Usage, $"{text}: {refusal.Text}");
}
