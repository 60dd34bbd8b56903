using Albatross.Tls.Zlib;

namespace Albatross.Client.Verbs;

/// <summary>The image as it goes into a command.</summary>
internal static class ImageFile
{
    /// <summary>Reads it; from level 1 on in zlib format (RFC 1950).</summary>
    /// <exception cref="ClientException">The file is empty.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, int level, CancellationToken cancellation)
    {
        byte[] image = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
        if (image.Length == 0)
        {
            throw new ClientException(ExitStatus.Usage, $"{path} is empty");
        }

        return level == 0 ? image : ZlibFormat.Pack(image, level);
    }
}
