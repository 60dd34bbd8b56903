using Albatross.Client.Output;
using Albatross.Protocol.Commands;
using Albatross.Tls;

namespace Albatross.Client.Blocks;

/// <summary>Receives the content of a block device into a file, unpacked, as it comes (wire specification, 7.4, "Dump").</summary>
internal static class BlockDownload
{
    // What a daemon says is zlib data may grow without end.
    private const long MaxBytes = 1L << 40;

    /// <summary>Receives what follows <paramref name="announced"/>; the path of the file.</summary>
    /// <exception cref="ClientException">The connection broke, the data is damaged, or the file cannot be written.</exception>
    /// <exception cref="BlockDataRefusedException">The daemon failed in the middle.</exception>
    public static Task<string> SaveAsync(
        FrameChannel frames, Header header, Reply.BlockDeviceImage announced, CancellationToken cancellation) =>
        ReceivedFile.WriteAsync(header.Name, async file =>
        {
            var data = new BlockDataStream(frames);
            await (announced.Compressed
                ? Unpacking.CopyAsync(data, file, MaxBytes, cancellation)
                : Unpacking.CopyPlainAsync(data, file, MaxBytes, cancellation)).ConfigureAwait(false);
        });
}
