using System.CommandLine;
using System.Globalization;
using Albatross.Client.Sessions;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Verbs;

/// <summary>Following what runs.</summary>
internal static class WatchVerbs
{
    private const int DefaultCount = 20;

    /// <summary><c>console NAME</c>: the last lines of a console, then every further one.</summary>
    public static System.CommandLine.Command Console()
    {
        var name = new Argument<string>("NAME") { Description = "The unikernel." };
        var count = new Option<long>("--count")
        {
            Description = "How many of the kept lines come first.", DefaultValueFactory = _ => DefaultCount,
        };
        var since = new Option<string?>("--since")
        {
            Description = "Begin with the first line of this instant (RFC 3339, a date alone is midnight UTC); wins over --count.",
        };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("console", "Follows the console of a unikernel.") { name, count, since };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            ConsoleStart start = parsed.GetValue(since) is { } text
                ? new ConsoleStart.Since(Instant(text))
                : new ConsoleStart.Count(parsed.GetValue(count));
            var question = new Question(
                Names.Labelled(parsed.GetRequiredValue(name)), new Protocol.Commands.Command.ConsoleSubscribe(start), Service.Console,
                    AnswerMode.Stream);
            return Dialogue.AskAsync(target.Read(parsed), question, cancellation);
        });
        return verb;
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant)
        ? instant
        : throw new ClientException(ExitStatus.Usage, $"{text} is no instant: write it like 2026-11-24T16:00:00Z");
}
