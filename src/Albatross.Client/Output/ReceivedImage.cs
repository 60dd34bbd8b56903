using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Output;

/// <summary>An image that a daemon sent, as a new file of the temporary directory that only its owner can read.</summary>
internal static class ReceivedImage
{
    // What a daemon says is zlib data may grow without end.
    private const long MaxBytes = 1L << 30;

    /// <summary>Writes the image, unpacked; its path is TMPDIR/NAME.INSTANT, as by the original.</summary>
    /// <exception cref="ClientException">The file cannot be written, or the data is damaged.</exception>
    public static async Task<string> SaveAsync(Name name, Reply.Image image, CancellationToken cancellation)
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
            await using (file.ConfigureAwait(false))
            {
                await WriteAsync(image, file, cancellation).ConfigureAwait(false);
            }

            return path;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ClientException(ExitStatus.Usage, $"{path}: {e.Message}", e);
        }
    }

    private static async Task WriteAsync(Reply.Image image, Stream file, CancellationToken cancellation)
    {
        if (!image.Compressed)
        {
            await file.WriteAsync(image.Bytes, cancellation).ConfigureAwait(false);
            return;
        }

        ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(image.Bytes, out ArraySegment<byte> array) ? array : image.Bytes.ToArray();
        using var packed = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        await using (zlib.ConfigureAwait(false))
        {
            byte[] buffer = new byte[64 << 10];
            for (int count; (count = await zlib.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                if (file.Position + count > MaxBytes)
                {
                    throw new InvalidDataException($"the image is larger than {MaxBytes >> 20} MiB when unpacked");
                }

                await file.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            }
        }
    }
}
