using System.IO.Compression;
using Albatross.Protocol.Frames;
using Albatross.Tls;
using Albatross.Tls.Streams;
using Albatross.Tls.Zlib;

namespace Albatross.Client.Blocks;

/// <summary>
/// What a block device is to be filled with: a file, read while it is sent. The zlib stream, if there is one, runs through all chunks.
/// </summary>
internal sealed class BlockContent : IDisposable
{
    // A chunk with its frame fits into one TLS record of 16 KiB.
    private const int ChunkBytes = (16 << 10) - FrameWriter.HeaderBytes;

    private readonly FileStream _file;
    private readonly int _level;

    private BlockContent(FileStream file, int level) => (_file, _level) = (file, level);

    /// <summary>Whether it is sent in zlib format.</summary>
    public bool IsCompressed => _level > 0;

    /// <summary>The size in bytes; null when that shows only when it has been read, as with a pipe.</summary>
    public long? Bytes => _file.CanSeek ? _file.Length : null;

    /// <summary>Opens the file at <paramref name="path"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="level">zlib level 1 to 9; 0 sends the bytes as they are.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static BlockContent Open(string path, int level) => new(
        new FileStream(path, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous }), level);

    /// <summary>Sends all of it as chunks, then the end marker.</summary>
    /// <exception cref="ClientException">The daemon takes no more.</exception>
    /// <exception cref="IOException">The file cannot be read; the end marker is not sent.</exception>
    public async Task SendAsync(FrameChannel to, CancellationToken cancellation)
    {
        // The token given here also ends the writes of a compressor that is disposed.
        var chunks = new ChunkingStream(ChunkBytes, chunk => SendAsync(to, FrameWriter.Write(chunk.Span), cancellation));
        if (IsCompressed)
        {
            ZLibStream zlib = ZlibFormat.Packer(chunks, _level);
            await using (zlib.ConfigureAwait(false))
            {
                await _file.CopyToAsync(zlib, cancellation).ConfigureAwait(false);
            }
        }
        else
        {
            await _file.CopyToAsync(chunks, cancellation).ConfigureAwait(false);
        }

        await chunks.SendRestAsync().ConfigureAwait(false);
        await SendAsync(to, FrameWriter.EndMarker, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static async Task SendAsync(FrameChannel to, ReadOnlyMemory<byte> framed, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            await to.WriteAsync(framed, cancellation).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ClientException(ExitStatus.Communication, e.Message, e);   // not the file's: that is told apart by this
        }
    }
}
