using System.CommandLine;
using Albatross.Client.Blocks;
using Albatross.Client.Sessions;
using Albatross.Policy.Names;

namespace Albatross.Client.Verbs;

/// <summary>Block devices: what a unikernel keeps.</summary>
internal static class BlockVerbs
{
    private const int BytesOfMibLog2 = 20;

    // So that the size in bytes has 63 bits; what the host has is for the policies to say.
    private const long MaxSizeMib = long.MaxValue >> BytesOfMibLog2;

    /// <summary><c>block</c>: list block devices.</summary>
    public static System.CommandLine.Command Info()
    {
        var name = new Option<string>("--name", "-n")
        {
            Description = "A block device, or a path: everything below it.", DefaultValueFactory = _ => ":",
        };
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("block", "Lists block devices.") { name };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            About(Names.Name(parsed.GetRequiredValue(name)), new Protocol.Commands.Command.BlockInfo()),
            cancellation));
        return verb;
    }

    /// <summary><c>create-block NAME MB</c>: a block device full of zeros, or filled with a file.</summary>
    public static System.CommandLine.Command Create()
    {
        Argument<string> name = NameArgument();
        var size = new Argument<long>("MB") { Description = "Its size in MB (2^20 bytes), at least 1." };
        var data = new Option<string?>("--data") { Description = "File with its content; what is behind its end is zeros." };
        var level = new CompressionOption("of the content on its way");
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("create-block", "Makes a block device.") { name, size, data };
        level.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            Name device = Device(parsed.GetRequiredValue(name));
            long sizeMib = Size(parsed.GetValue(size));
            Target where = target.Read(parsed);
            int compression = level.Read(parsed, where);
            Question add = About(device, new Protocol.Commands.Command.BlockAdd(sizeMib));
            if (parsed.GetValue(data) is not { } file)
            {
                return await Dialogue.AskAsync(where, add, cancellation).ConfigureAwait(false);
            }

            if (where.WritesRequest)
            {
                throw new ClientException(
                    ExitStatus.Usage, "a request is for one command: ask for create-block without --data, then for set-block");
            }

            using BlockContent content = BlockContent.Open(file, compression);
            if (content.Bytes > sizeMib << BytesOfMibLog2)
            {
                throw new ClientException(
                    ExitStatus.Usage, $"{file} has {content.Bytes} bytes, which is more than {sizeMib} MB: nothing was made");
            }

            int status = await Dialogue.AskAsync(where, add, cancellation).ConfigureAwait(false);
            return status == ExitStatus.Success
                ? await FillAsync(where, device, content, cancellation).ConfigureAwait(false)
                : status;
        });
        return verb;
    }

    /// <summary><c>set-block NAME FILE</c>: another content.</summary>
    public static System.CommandLine.Command Set()
    {
        Argument<string> name = NameArgument();
        var file = new Argument<string>("FILE")
        {
            Description = "File with the content; what is behind its end is zeros. With --csr it is not read: give it to \"certificate\".",
        };
        var level = new CompressionOption("of the content on its way");
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("set-block", "Replaces the content of an unused block device.") { name, file };
        level.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction(async (parsed, cancellation) =>
        {
            Name device = Device(parsed.GetRequiredValue(name));
            Target where = target.Read(parsed);
            int compression = level.Read(parsed, where);
            if (where.WritesRequest)
            {
                return await Dialogue.AskAsync(
                    where, About(device, new Protocol.Commands.Command.BlockSet(compression > 0)), cancellation).ConfigureAwait(false);
            }

            using BlockContent content = BlockContent.Open(parsed.GetRequiredValue(file), compression);
            return await SetAsync(where, device, content, cancellation).ConfigureAwait(false);
        });
        return verb;
    }

    /// <summary><c>dump-block NAME</c>: the content into a file of the temporary directory.</summary>
    public static System.CommandLine.Command Dump()
    {
        Argument<string> name = NameArgument();
        var level = new CompressionOption("for the way");
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command(
            "dump-block", "Writes the content of an unused block device into a file of the temporary directory (TMPDIR).") { name };
        level.AddTo(verb);
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) =>
        {
            Target where = target.Read(parsed);
            var command = new Protocol.Commands.Command.BlockDump(level.Read(parsed, where));
            return Dialogue.AskAsync(
                where,
                About(Device(parsed.GetRequiredValue(name)), command) with { Mode = AnswerMode.BlockContent },
                cancellation);
        });
        return verb;
    }

    /// <summary><c>destroy-block NAME</c>.</summary>
    public static System.CommandLine.Command Destroy()
    {
        Argument<string> name = NameArgument();
        var target = new TargetOptions();
        var verb = new System.CommandLine.Command("destroy-block", "Removes a block device that nobody uses, and its content.") { name };
        target.AddTo(verb);
        verb.SetAction((parsed, cancellation) => Dialogue.AskAsync(
            target.Read(parsed),
            About(Device(parsed.GetRequiredValue(name)), new Protocol.Commands.Command.BlockRemove()),
            cancellation));
        return verb;
    }

    // The second half of create-block: whoever reads that it failed has to know that the first did not.
    private static async Task<int> FillAsync(Target where, Name device, BlockContent content, CancellationToken cancellation)
    {
        string halfDone = $"{device} was made and is empty: fill it with set-block, or remove it with destroy-block";
        try
        {
            int status = await SetAsync(where, device, content, cancellation).ConfigureAwait(false);
            if (status != ExitStatus.Success)
            {
                await Console.Error.WriteLineAsync($"albatross-client: [WARNING] {halfDone}").ConfigureAwait(false);
            }

            return status;
        }
        catch (ClientException e)
        {
            throw new ClientException(e.Status, $"{e.Message} ({halfDone})", e);
        }
    }

    private static Task<int> SetAsync(Target where, Name device, BlockContent content, CancellationToken cancellation) => Dialogue.AskAsync(
        where,
        About(device, new Protocol.Commands.Command.BlockSet(content.IsCompressed)) with { Content = content },
        cancellation);

    private static Question About(Name name, Protocol.Commands.Command command) => new(name, command, Service.Vmmd, AnswerMode.Single);

    private static Argument<string> NameArgument() => new("NAME") { Description = "Name of the block device." };

    private static Name Device(string text) => Names.Labelled(text, "block device");

    private static long Size(long mib) => mib is >= 1 and <= MaxSizeMib
        ? mib
        : throw new ClientException(ExitStatus.Usage, $"a block device has 1 to {MaxSizeMib} MB, not {mib}");
}
