using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Tls.Zlib;

namespace Albatross.Client.Output;

/// <summary>An image that a daemon sent, in a file.</summary>
internal static class ReceivedImage
{
    // What a daemon says is zlib data may grow without end.
    private const long MaxBytes = 1L << 30;

    /// <summary>Writes the image, unpacked; its path.</summary>
    /// <exception cref="ClientException">The file cannot be written, or the data is damaged.</exception>
    public static Task<string> SaveAsync(Name name, Reply.Image image, CancellationToken cancellation) =>
        ReceivedFile.WriteAsync(name, file => WriteAsync(image, file, cancellation));

    private static async Task WriteAsync(Reply.Image image, Stream file, CancellationToken cancellation)
    {
        if (!image.Compressed)
        {
            await file.WriteAsync(image.Bytes, cancellation).ConfigureAwait(false);
            return;
        }

        using MemoryStream packed = ZlibFormat.StreamOf(image.Bytes);
        await Unpacking.CopyAsync(packed, file, MaxBytes, cancellation).ConfigureAwait(false);
    }
}
