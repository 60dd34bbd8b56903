using System.CommandLine;
using System.Security.Cryptography;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Client.Verbs;

/// <summary>
/// Moving out: what the daemon wants as a file of the original. Exit status: 121 the state or an image is damaged or of a newer version,
/// 124 wrong usage, a file that cannot be read or written, or one over the limit.
/// </summary>
internal static class StateVerbs
{
    /// <summary><c>export-state --output FILE</c>: reads files only, no daemon has to run.</summary>
    public static Command Export()
    {
        var directory = new Option<string>("--dbdir")
        {
            Description = "The daemon's data directory.", DefaultValueFactory = _ => "/var/lib/albatross",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "The new file: state in the original's data directory.", Required = true,
        };
        var verb = new Command("export-state", "Writes what the daemon wants, images included, as a state file of the original Albatross.")
        {
            directory, output,
        };
        verb.SetAction(async (parsed, cancellation) =>
        {
            StoredState state = await ReadAsync(parsed.GetRequiredValue(directory), cancellation).ConfigureAwait(false);
            string path = parsed.GetRequiredValue(output);
            await WriteAsync(path, StateCodec.Encode(state), cancellation).ConfigureAwait(false);
            Console.WriteLine($"exported {state.Unikernels.Count} unikernels and {state.Policies.Count} policies to {path}");
            return ExitStatus.Success;
        });
        return verb;
    }

    /// <summary>What <paramref name="directory"/> has, each unikernel with its unpacked image in the place of the SHA-256.</summary>
    private static async Task<StoredState> ReadAsync(string directory, CancellationToken cancellation)
    {
        string path = Path.Combine(directory, StateFiles.Host);
        byte[] file = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
        if (!HostStateCodec.TryDecode(file, out StoredState? state, out Refusal? refusal))
        {
            throw new ClientException(ExitStatus.Communication, $"{path}: {refusal.Text}");
        }

        var images = new Dictionary<string, byte[]>();   // unikernels of one image share it
        long bytes = file.Length;
        foreach ((Name name, UnikernelConfig config) in state.Unikernels)
        {
            string digest = Convert.ToHexStringLower(config.Image.Span);
            if (!images.TryGetValue(digest, out byte[]? image))
            {
                image = await ReadImageAsync(Path.Combine(directory, StateFiles.Images, digest), name, cancellation).ConfigureAwait(false);
                images.Add(digest, image);
            }

            bytes += image.Length;
            if (bytes > StateFiles.MaxOriginalBytes)
            {
                throw new ClientException(
                    ExitStatus.Usage, $"state and images are larger than {StateFiles.MaxOriginalBytes} bytes, the most for one file");
            }

            state = state with { Unikernels = state.Unikernels.SetItem(name, config with { Image = image }) };
        }

        return state;
    }

    private static async Task<byte[]> ReadImageAsync(string path, Name name, CancellationToken cancellation)
    {
        byte[] image;
        try
        {
            image = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
        }
        catch (FileNotFoundException e)
        {
            throw new ClientException(
                ExitStatus.Usage,
                $"the image of {name} is not there ({path}): export again if a daemon runs and changed its state; else create it again",
                e);
        }

        return Convert.ToHexStringLower(SHA256.HashData(image)) == Path.GetFileName(path)
            ? image
            : throw new ClientException(
                ExitStatus.Communication, $"the image of {name} is damaged ({path}): create {name} again, then export");
    }

    // For its owner only: boot arguments are often secret. Nothing is replaced, and no half of a file is left.
    private static async Task WriteAsync(string path, byte[] content, CancellationToken cancellation)
    {
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        try
        {
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(content, cancellation).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }
}
