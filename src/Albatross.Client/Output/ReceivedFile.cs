using System.Globalization;
using Albatross.Policy.Names;

namespace Albatross.Client.Output;

/// <summary>
/// What a daemon sent, as a new file of the temporary directory that only its owner can read. Its path is TMPDIR/NAME.INSTANT, as by the
/// original. One that cannot be completed is removed again.
/// </summary>
internal static class ReceivedFile
{
    /// <summary>Makes it, filled by <paramref name="write"/>; its path.</summary>
    /// <exception cref="ClientException">The file cannot be written, or the data is damaged.</exception>
    public static async Task<string> WriteAsync(Name name, Func<FileStream, Task> write)
    {
        string instant = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string path = Path.Combine(Path.GetTempPath(), $"{name}.{instant}");
        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await FillAsync(file, write).ConfigureAwait(false);
            return path;
        }
        catch (InvalidDataException e)
        {
            throw new ClientException(ExitStatus.Communication, $"what was sent is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ExitStatus.Usage, $"{path}: {e.Message}", e);
        }
    }

    private static async Task FillAsync(FileStream file, Func<FileStream, Task> write)
    {
        bool isComplete = false;
        try
        {
            await using (file.ConfigureAwait(false))
            {
                await write(file).ConfigureAwait(false);
                await file.FlushAsync().ConfigureAwait(false);
                isComplete = true;
            }
        }
        finally
        {
            if (!isComplete)
            {
                File.Delete(file.Name);
            }
        }
    }
}
