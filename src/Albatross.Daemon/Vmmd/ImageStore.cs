using System.Security.Cryptography;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;
using Albatross.Tls.Zlib;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Unpacked images by their SHA-256, each in one file that all its unikernels map, and none in the daemon's memory. A file is there as long
/// as somebody holds a reference: a unikernel, or what is wanted. Only the daemon's user can reach them. Thread-safe.
/// </summary>
internal sealed class ImageStore(HostTenders tenders, DurableDirectory directory) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(DaemonLimits.ImagesInPreparation);
    private readonly Dictionary<ImageId, Stored> _images = [];
    private readonly Lock _gate = new();

    // Files are written and removed under this one, so that none is removed while it is being stored again.
    private readonly Lock _files = new();

    /// <summary>How tenders get at the bytes.</summary>
    public ImageAccess Access { get; } = directory.AllowsExecution ? ImageAccess.Share : ImageAccess.Copy;

    /// <summary>Unpacks, reads and stores the image; the caller gets one reference. A refusal leaves nothing behind.</summary>
    public async Task<(ImageId? Image, Refusal? Refusal)> PrepareAsync(UnikernelConfig config, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Prepare(config, image => tenders.Refuse(image, config.Settings)), cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>
    /// The same for an image that ran elsewhere: whether this host can run it with its settings shows at its start, which is tried again.
    /// </summary>
    /// <exception cref="IOException">The host said no.</exception>
    public (ImageId? Image, Refusal? Refusal) Import(UnikernelConfig config) => Prepare(config, static _ => null);

    /// <summary>The image of a reference that the caller holds.</summary>
    /// <exception cref="IOException">Its file was lost or damaged while no daemon ran.</exception>
    public (UnikernelImage Image, StoredFile File) this[ImageId id]
    {
        get
        {
            lock (_gate)
            {
                return _images[id].Open ?? throw new IOException(_images[id].Damage);
            }
        }
    }

    /// <summary>Compares an image of which the caller holds a reference with settings; null when it fits.</summary>
    public Refusal? Check(ImageId id, UnikernelSettings settings)
    {
        Stored stored;
        lock (_gate)
        {
            stored = _images[id];
        }

        return stored.Open is { } open
            ? tenders.Refuse(open.Image, settings)
            : new Refusal(RefusalCode.InvalidImage, stored.Damage!);
    }

    /// <summary>Takes one more reference.</summary>
    public void Retain(ImageId id)
    {
        lock (_gate)
        {
            _images[id].References++;
        }
    }

    /// <summary>Gives up one reference; the last one removes the file.</summary>
    /// <exception cref="IOException">The file cannot be removed; the next daemon does it.</exception>
    public void Release(ImageId id)
    {
        lock (_files)
        {
            Stored stored;
            lock (_gate)
            {
                stored = _images[id];
                if (--stored.References > 0)
                {
                    return;
                }

                _images.Remove(id);
            }

            stored.Open?.File.Dispose();
            directory.Remove(id.Sha256);
        }
    }

    /// <summary>
    /// Takes one reference for each of <paramref name="wanted"/>, which an earlier daemon stored, and removes every other file; how many.
    /// An image that is lost or damaged is said to be so when it is used.
    /// </summary>
    /// <exception cref="IOException">The host said no.</exception>
    public int Restore(IEnumerable<ImageId> wanted)
    {
        foreach (ImageId id in wanted)
        {
            if (_images.TryGetValue(id, out Stored? known))
            {
                known.References++;
            }
            else
            {
                _images[id] = Load(id);
            }
        }

        List<string> unused = [.. directory.Names.Where(name => !_images.ContainsKey(new ImageId(name)))];
        unused.ForEach(directory.Remove);
        return unused.Count;
    }

    /// <summary>The bytes of a reference that the caller holds; readable also when that is given up meanwhile.</summary>
    /// <exception cref="IOException">The image was lost or damaged, or the host said no.</exception>
    public StoredFile OpenCopy(ImageId id)
    {
        _ = this[id];
        return directory.OpenFile(id.Sha256);
    }

    /// <summary>Compresses <paramref name="file"/> (zlib format) when <paramref name="level"/> is more than 0.</summary>
    public static byte[] Pack(StoredFile file, int level) =>
        file.Read(bytes => level == 0 ? bytes.ToArray() : ZlibFormat.Pack(bytes, level));

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.Dispose();
        foreach (Stored stored in _images.Values)
        {
            stored.Open?.File.Dispose();
        }
    }

    private (ImageId? Image, Refusal? Refusal) Prepare(UnikernelConfig config, Func<UnikernelImage, Refusal?> refuse)
    {
        if (!TryUnpack(config, out ReadOnlyMemory<byte> bytes, out Refusal? refusal))
        {
            return (null, refusal);
        }

        if (!UnikernelImage.TryParse(bytes.Span, out UnikernelImage? image, out ImageRefusal? bad))
        {
            string words = bad.Code is ImageRefusalCode.NotAnExecutable or ImageRefusalCode.Truncated ? "error during ELF parsing: " : "";
            return (null, new Refusal(RefusalCode.InvalidImage, words + bad.Text));   // the original's words, then the reason
        }

        if (refuse(image) is { } unfit)
        {
            return (null, unfit);
        }

        var id = new ImageId(Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
        Store(id, image, bytes.Span);
        return (id, null);
    }

    private void Store(ImageId id, UnikernelImage image, ReadOnlySpan<byte> bytes)
    {
        lock (_files)
        {
            lock (_gate)
            {
                if (_images.TryGetValue(id, out Stored? stored) && stored.Open is not null)
                {
                    stored.References++;
                    return;
                }
            }

            directory.Replace(id.Sha256, bytes);
            StoredFile file = directory.OpenFile(id.Sha256);
            lock (_gate)
            {
                int references = _images.GetValueOrDefault(id)?.References ?? 0;   // of a damaged one, which is good again now
                _images[id] = new Stored((image, file), Damage: null) { References = references + 1 };
            }
        }
    }

    private Stored Load(ImageId id)
    {
        try
        {
            StoredFile file = directory.OpenFile(id.Sha256);
            UnikernelImage? image = file.Read(bytes =>
            {
                bool isWhole = Convert.ToHexStringLower(SHA256.HashData(bytes)) == id.Sha256;
                return isWhole && UnikernelImage.TryParse(bytes, out UnikernelImage? good, out _) ? good : null;
            });
            if (image is not null)
            {
                return new Stored((image, file), Damage: null) { References = 1 };
            }

            file.Dispose();
            return new Stored(Open: null, $"the stored image {id.Sha256} is damaged: create the unikernel again") { References = 1 };
        }
        catch (LinuxException e)
        {
            return new Stored(Open: null, $"the stored image is lost ({e.Message}): create the unikernel again") { References = 1 };
        }
    }

    private static bool TryUnpack(UnikernelConfig config, out ReadOnlyMemory<byte> bytes, out Refusal? refusal)
    {
        (bytes, refusal) = (config.Image, null);
        if (!config.Compressed)
        {
            return true;
        }

        try
        {
            bytes = ZlibFormat.Unpack(config.Image, DaemonLimits.MaxImageBytes);
        }
        catch (InvalidDataException e)
        {
            refusal = new Refusal(RefusalCode.Malformed, $"failed to uncompress: {e.Message}");
        }

        return refusal is null;
    }

    private sealed record Stored((UnikernelImage Image, StoredFile File)? Open, string? Damage)
    {
        public int References { get; set; }
    }
}
