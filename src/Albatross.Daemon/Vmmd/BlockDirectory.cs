using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// The block devices of this host: files in one directory, or symbolic links to devices, each called by its name (<c>foo:data</c>) and a
/// whole number of MiB large (semantics, sections 2 and 7).
/// </summary>
internal sealed class BlockDirectory(DaemonOptions options, ILogger log)
{
    private const int MebibyteShift = BlockContent.MebibyteShift;
    private const ulong Mebibyte = 1UL << MebibyteShift;
    private const int BufferBytes = 64 << 10;

    // What is being written stands here, on the same file system, until it is whole.
    private const string Unfinished = ".unfinished";

    private readonly DurableDirectory _directory = DurableDirectory.Open(options.BlockDirectory);

    /// <summary>What is there now, and how many MiB each has; what cannot be a block device is skipped with a warning.</summary>
    public IReadOnlyList<(Name Name, long SizeMib)> Scan()
    {
        var found = new List<(Name, long)>();
        foreach (string file in Directory.EnumerateFiles(options.BlockDirectory).Order(StringComparer.Ordinal))
        {
            string text = Path.GetFileName(file);
            try
            {
                using BlockDevice device = BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(file));
                if (!Name.TryParse(text, out Name name, out Refusal? refusal) || name.Label is null || name.ToString() != text)
                {
                    Log.BlockSkipped(log, text, refusal?.Text ?? "it is not called as a block device is");
                }
                else if (device.CapacityBytes == 0 || device.CapacityBytes % Mebibyte != 0)
                {
                    Log.BlockSkipped(log, text, $"it has {device.CapacityBytes} bytes, which is no whole number of MiB");
                }
                else
                {
                    found.Add((name, (long)(device.CapacityBytes >> MebibyteShift)));
                }
            }
            catch (LinuxException e)
            {
                Log.BlockSkipped(log, text, Marshal.GetPInvokeErrorMessage(e.Errno));
            }
        }

        return found;
    }

    /// <summary>Removes what a daemon that was killed was writing.</summary>
    public void RemoveUnfinished()
    {
        DurableDirectory.Open(Path.Combine(options.BlockDirectory, Unfinished));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(options.BlockDirectory, Unfinished)))
        {
            File.Delete(file);
        }
    }

    /// <summary>Makes one that is all zero and takes no space yet.</summary>
    /// <exception cref="IOException">The host said no, and nothing is there.</exception>
    public void Make(Name name, long sizeMib)
    {
        RefuseExisting(name);
        using (FileStream file = OpenUnfinished(name))
        {
            file.SetLength(sizeMib << MebibyteShift);
            file.Flush(flushToDisk: true);
        }

        Finish(name);
    }

    /// <summary>
    /// Gives one new content. It is written beside the old one and takes its place when it is whole; only a device of the host behind a
    /// symbolic link is written as it stands.
    /// </summary>
    /// <param name="name">The block device.</param>
    /// <param name="sizeMib">Its size in MiB.</param>
    /// <param name="read">The next bytes of the content; 0 at its end.</param>
    /// <param name="isNew">Whether nothing of that name may be there.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="IOException">The content is larger, or the host said no; the old content is still there.</exception>
    public async Task FillAsync(
        Name name, long sizeMib, Func<Memory<byte>, ValueTask<int>> read, bool isNew, CancellationToken cancellation)
    {
        if (isNew)
        {
            RefuseExisting(name);
        }

        bool isLink = new FileInfo(PathOf(name)).LinkTarget is not null;
        try
        {
            FileStream file = isLink ? Open(PathOf(name), FileMode.Open) : OpenUnfinished(name);
            await using (file.ConfigureAwait(false))
            {
                long sizeBytes = sizeMib << MebibyteShift;
                long written = await WriteAsync(file, sizeBytes, read, skipsZeros: !isLink, cancellation).ConfigureAwait(false);
                if (isLink)
                {
                    await ClearAsync(file, sizeBytes - written, cancellation).ConfigureAwait(false);
                }
                else
                {
                    file.SetLength(sizeBytes);
                }

                file.Flush(flushToDisk: true);
            }
        }
        catch when (!isLink)
        {
            File.Delete(UnfinishedPathOf(name));
            throw;
        }

        if (!isLink)
        {
            Finish(name);
        }
    }

    /// <summary>Opens one to send its content.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened; the message names no path.</exception>
    public FileStream OpenToRead(Name name)
    {
        try
        {
            return new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: false);
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            throw new IOException(e is FileNotFoundException ? "file does not exist" : "error opening block device", e);
        }
    }

    /// <summary>Removes one; behind a symbolic link the link, not the device.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    public void Remove(Name name)
    {
        _directory.Remove(name.ToString());
        _directory.SynchronizeNames();
    }

    /// <summary>Opens one for a unikernel.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened; the message names no path.</exception>
    public HeldBlock Open(BlockOrder order)
    {
        string path = PathOf(order.Block);
        try
        {
            return new HeldBlock(order, path, BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(path)));
        }
        catch (LinuxException e)
        {
            throw new IOException($"block device {order.Block} cannot be opened: {Marshal.GetPInvokeErrorMessage(e.Errno)}", e);
        }
    }

    private static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.Write,
        Share = FileShare.None,
        BufferSize = 0,
        UnixCreateMode = mode == FileMode.Create ? UnixFileMode.UserRead | UnixFileMode.UserWrite : null,
    });

    private static async Task<long> WriteAsync(
        FileStream file, long sizeBytes, Func<Memory<byte>, ValueTask<int>> read, bool skipsZeros, CancellationToken cancellation)
    {
        byte[] buffer = new byte[BufferBytes];
        long written = 0;
        for (int count; (count = await read(buffer).ConfigureAwait(false)) > 0; written += count)
        {
            if (count > sizeBytes - written)
            {
                throw new IOException("stream exceeds size");
            }

            if (skipsZeros && !buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                file.Seek(count, SeekOrigin.Current);   // what nobody writes is zero and takes no space
            }
            else
            {
                await file.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            }
        }

        return written;
    }

    private static async Task ClearAsync(FileStream file, long count, CancellationToken cancellation)
    {
        byte[] zeros = new byte[BufferBytes];
        for (; count > 0; count -= Math.Min(count, zeros.Length))
        {
            await file.WriteAsync(zeros.AsMemory(0, (int)Math.Min(count, zeros.Length)), cancellation).ConfigureAwait(false);
        }
    }

    private FileStream OpenUnfinished(Name name) => Open(UnfinishedPathOf(name), FileMode.Create);

    private void Finish(Name name)
    {
        _directory.Rename(Path.Combine(Unfinished, name.ToString()), name.ToString());
        _directory.SynchronizeNames();
    }

    private void RefuseExisting(Name name)
    {
        if (Path.Exists(PathOf(name)) || new FileInfo(PathOf(name)).LinkTarget is not null)
        {
            throw new IOException("file already exists");
        }
    }

    private string PathOf(Name name) => Path.Combine(options.BlockDirectory, name.ToString());

    private string UnfinishedPathOf(Name name) => Path.Combine(options.BlockDirectory, Unfinished, name.ToString());
}
