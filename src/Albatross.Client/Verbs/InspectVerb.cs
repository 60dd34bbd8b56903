using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Albatross.Certificates.Reading;
using Albatross.Client.Inspection;
using Albatross.Client.Pki;
using Albatross.Policy;

namespace Albatross.Client.Verbs;

/// <summary>
/// Looking into what others sent or wrote. Exit status: 0 all was read, 116 a chain was refused, 121 a file is malformed or of a newer
/// version, 124 wrong usage or a file that cannot be opened or is over the limit. With <c>--hex</c> every line has its own answer.
/// </summary>
internal static class InspectVerb
{
    private const string StandardInput = "-";

    private enum Notation
    {
        Text = 0,
        Json = 1,
    }

    /// <summary><c>inspect [FILE…]</c>.</summary>
    public static Command Inspect()
    {
        var files = new Argument<string[]>("FILE")
        {
            Description = "What to read; - is standard input (the default).", Arity = ArgumentArity.ZeroOrMore,
        };
        var kind = new Option<InspectionKind?>("--kind")
        {
            Description = "wire, extension, state, certificate or request; without it, what the content begins like.",
        };
        var hex = new Option<bool>("--hex")
        {
            Description = "One value in hexadecimal digits a line (wire, extension, state); one line of JSON answers each.",
        };
        var output = new Option<Notation>("--output", "-o") { Description = "text or json." };
        kind.AcceptOnlyFromAmong("wire", "extension", "state", "certificate", "request");
        output.AcceptOnlyFromAmong("text", "json");
        var dump = new Option<bool>("--dump")
        {
            Description = "Show images and boot arguments, which may be secret, not just their size and SHA-256.",
        };
        var ca = new Option<string?>("--ca") { Description = "Trusted CA certificates (PEM): is the chain good, and what may it do?" };
        var verb = new Command(
            "inspect", "Describes messages, certificate extensions, certificates, signing requests and state files.")
        {
            files, kind, hex, output, dump, ca,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(hex)
                && result.GetValue(kind) is not (InspectionKind.Wire or InspectionKind.Extension or InspectionKind.State))
            {
                result.AddError("--hex needs --kind wire, --kind extension or --kind state");
            }
        });
        verb.SetAction(async (parsed, cancellation) =>
        {
            string[] paths = parsed.GetValue(files) is { Length: > 0 } given ? given : [StandardInput];
            if (parsed.GetValue(hex))
            {
                return await AnswerLinesAsync(paths, parsed.GetValue(kind)!.Value, cancellation).ConfigureAwait(false);
            }

            ImmutableArray<ParsedCertificate>? anchors =
                parsed.GetValue(ca) is { } path ? CertificateFiles.Certificates(path) : null;
            Disclosure disclosure = parsed.GetValue(dump) ? Disclosure.Everything : Disclosure.Summaries;
            int status = ExitStatus.Success;
            foreach (string file in paths)
            {
                ReadOnlyMemory<byte> bytes = await ReadAsync(file, cancellation).ConfigureAwait(false);
                FileInspection inspection = parsed.GetValue(output) == Notation.Json
                    ? DescribeAsJson(file, parsed.GetValue(kind), bytes, anchors, disclosure)
                    : DescribeAsText(file, parsed.GetValue(kind), bytes, anchors, disclosure);
                int one = StatusOf(file, inspection);
                status = status == ExitStatus.Success ? one : status;
            }

            return status;
        });
        return verb;
    }

    private static async Task<int> AnswerLinesAsync(string[] paths, InspectionKind kind, CancellationToken cancellation)
    {
        Stream output = Buffered();
        await using (output.ConfigureAwait(false))
        {
            foreach (string path in paths)
            {
                Stream input = Open(path);
                await using (input.ConfigureAwait(false))
                {
                    await new LineAnswers(kind, output).RunAsync(input, cancellation).ConfigureAwait(false);
                }
            }
        }

        return ExitStatus.Success;
    }

    private static FileInspection DescribeAsJson(
        string file, InspectionKind? kind, ReadOnlyMemory<byte> bytes, ImmutableArray<ParsedCertificate>? anchors, Disclosure disclosure)
    {
        using Stream output = Buffered();
        using var json = new Utf8JsonWriter(output);
        var outline = new JsonOutline(json);
        var inspection = new FileInspection(outline, disclosure);
        outline.Fields(() =>
        {
            outline.Key("file").Foreign(file);
            inspection.Run(kind, bytes, anchors, TimeProvider.System.GetUtcNow());
            outline.Key("ok").Boolean(inspection.Refusal is null);
            if (inspection.Refusal is { } refusal)
            {
                new Description(outline, disclosure).OfFields(refusal);
            }
        });
        json.Flush();
        output.WriteByte((byte)'\n');
        return inspection;
    }

    private static FileInspection DescribeAsText(
        string file, InspectionKind? kind, ReadOnlyMemory<byte> bytes, ImmutableArray<ParsedCertificate>? anchors, Disclosure disclosure)
    {
        using var output = new StreamWriter(Buffered());
        var outline = new TextOutline(output);
        var inspection = new FileInspection(outline, disclosure);
        outline.Fields(() =>
        {
            outline.Key("file").Foreign(file);
            inspection.Run(kind, bytes, anchors, TimeProvider.System.GetUtcNow());
        });
        return inspection;
    }

    private static int StatusOf(string file, FileInspection inspection)
    {
        Refusal? refusal = inspection.Refusal ?? inspection.Verdict?.Refusal;
        if (refusal is null)
        {
            return ExitStatus.Success;
        }

        Console.Error.WriteLine($"albatross-client: [ERROR] {file}: {refusal.Text}");
        return inspection.Refusal is null ? ExitStatus.OwnChainInvalid : ExitStatus.Communication;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, CancellationToken cancellation)
    {
        Stream input = Open(path);
        await using (input.ConfigureAwait(false))
        {
            if (input.CanSeek && input.Length > InspectionLimits.FileBytes)
            {
                throw TooLarge(path);
            }

            // One byte more than is known to come, so that a file is read into one array and its end is seen.
            byte[] bytes = new byte[input.CanSeek ? (int)input.Length + 1 : 64 << 10];
            int read = 0;
            int count;
            while ((count = await input.ReadAsync(bytes.AsMemory(read), cancellation).ConfigureAwait(false)) > 0)
            {
                read += count;
                if (read > InspectionLimits.FileBytes)
                {
                    throw TooLarge(path);
                }

                if (read == bytes.Length)
                {
                    Array.Resize(ref bytes, Math.Min(2 * bytes.Length, InspectionLimits.FileBytes + 1));
                }
            }

            return bytes.AsMemory(0, read);
        }
    }

    private static Stream Open(string path) => path == StandardInput ? Console.OpenStandardInput() : File.OpenRead(path);

    private static BufferedStream Buffered() => new(Console.OpenStandardOutput(), 64 << 10);

    private static ClientException TooLarge(string path) =>
        new(ExitStatus.Usage, $"{path} has more than {InspectionLimits.FileBytes} bytes");
}
