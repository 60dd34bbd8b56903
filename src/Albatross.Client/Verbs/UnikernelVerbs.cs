using System.CommandLine;
using Albatross.Client.Sessions;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Verbs;

/// <summary>Starting, ending and looking at unikernels.</summary>
internal static class UnikernelVerbs
{
    private const int DefaultMemoryMib = 32;

    /// <summary><c>create NAME IMAGE</c>.</summary>
    public static System.CommandLine.Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the unikernel." };
        var image = new Argument<string>("IMAGE") { Description = "File with the Solo5 image." };
        var force = new Option<bool>("--force", "-f") { Description = "Take the place of a unikernel of that name." };
        var level = new CompressionOption("of the image");
        var settings = new SettingsOptions(DefaultMemoryMib);
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("create", "Starts a unikernel.") { name, image, force };
        level.AddTo(verb);
        settings.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            Target where = target.Read(parsed);
            int compression = level.Read(parsed, where);
            ReadOnlyMemory<byte> bytes =
                await ImageFile.ReadAsync(parsed.GetRequiredValue(image), compression, cancellation).ConfigureAwait(false);
            var config = new UnikernelConfig(ImageType.Solo5, compression > 0, bytes, settings.Read(parsed));
            var command = new Protocol.Commands.Command.UnikernelCreate(
                config, parsed.GetValue(force) ? OnConflict.Replace : OnConflict.Refuse);
            return await Dialogue.AskAsync(
                where,
                new Question(Names.Labelled(parsed.GetRequiredValue(name)), command, Service.Vmmd, AnswerMode.Single),
                cancellation).ConfigureAwait(false);
        });
        return verb;
    }

    /// <summary><c>restart NAME</c>: the same image, with the settings that it has or, with --replace-arguments, with others.</summary>
    public static System.CommandLine.Command Restart()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the unikernel." };
        var replace = new Option<bool>("--replace-arguments")
        {
            Description = "Run it with the options given here; without this they are not looked at.",
        };
        var settings = new SettingsOptions(DefaultMemoryMib);
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("restart", "Ends a unikernel and starts it again.") { name, replace };
        settings.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            new Question(
                Names.Labelled(parsed.GetRequiredValue(name)),
                new Protocol.Commands.Command.UnikernelRestart(parsed.GetValue(replace) ? settings.Read(parsed) : null),
                Service.Vmmd,
                AnswerMode.Single),
            cancellation));
        return verb;
    }

    /// <summary><c>get NAME</c>: the image into a file of the temporary directory.</summary>
    public static System.CommandLine.Command Get()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the unikernel." };
        var level = new CompressionOption("for the way");
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("get", "Writes the image of a unikernel into a file.") { name };
        level.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            Target where = target.Read(parsed);
            int compression = level.Read(parsed, where);
            return Dialogue.AskAsync(
                where,
                new Question(
                    Names.Labelled(parsed.GetRequiredValue(name)),
                    new Protocol.Commands.Command.UnikernelGet(compression),
                    Service.Vmmd,
                    AnswerMode.Single),
                cancellation);
        });
        return verb;
    }

    /// <summary><c>destroy NAME</c>.</summary>
    public static System.CommandLine.Command Destroy()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the unikernel." };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("destroy", "Ends a unikernel.") { name };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            new Question(
                Names.Labelled(parsed.GetRequiredValue(name)), new Protocol.Commands.Command.UnikernelDestroy(), Service.Vmmd,
                    AnswerMode.Single),
            cancellation));
        return verb;
    }

    /// <summary><c>info</c>.</summary>
    public static System.CommandLine.Command Info()
    {
        var name = new Option<string>("--name", "-n")
        {
            Description = "A unikernel, or a path: everything below it.", DefaultValueFactory = _ => ":",
        };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("info", "Describes what runs.") { name };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            new Question(
                Names.Name(parsed.GetRequiredValue(name)), new Protocol.Commands.Command.UnikernelInfo(), Service.Vmmd, AnswerMode.Single),
            cancellation));
        return verb;
    }
}
