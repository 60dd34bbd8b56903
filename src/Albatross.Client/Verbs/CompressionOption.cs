using System.CommandLine;
using Albatross.Client.Sessions;

namespace Albatross.Client.Verbs;

/// <summary><c>--compression-level</c>: what goes through a local socket is not packed, what goes further is packed well.</summary>
internal sealed class CompressionOption(string what)
{
    private const int RemoteLevel = 9;

    private readonly Option<int?> _level = new("--compression-level")
    {
        Description = $"zlib level 0 to 9 {what} (0 locally, {RemoteLevel} remotely).",
    };

    /// <summary>Adds the option to <paramref name="verb"/>.</summary>
    public void AddTo(Command verb) => verb.Options.Add(_level);

    /// <summary>The level; 0 means not compressed.</summary>
    /// <exception cref="ClientException">It is none.</exception>
    public int Read(ParseResult parsed, Target target) => parsed.GetValue(_level) switch
    {
        null => Default(target),
        >= 0 and <= 9 and var level => level,
        var level => throw new ClientException(ExitStatus.Usage, $"a compression level is 0 to 9, not {level}"),
    };

    private static int Default(Target target) => target.Destination is null && !target.WritesRequest ? 0 : RemoteLevel;
}
