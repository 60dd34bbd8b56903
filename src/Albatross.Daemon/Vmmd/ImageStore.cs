using System.Security.Cryptography;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Unpacked images by their SHA-256, each in one sealed memory file that all its unikernels map, kept while somebody holds a
/// reference. Nothing of an image reaches the disk. Thread-safe.
/// </summary>
internal sealed class ImageStore(HostTenders tenders) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(DaemonLimits.ImagesInPreparation);
    private readonly Dictionary<ImageId, Stored> _images = [];
    private readonly Lock _gate = new();

    /// <summary>Unpacks, reads and stores the image; the caller gets one reference. A refusal leaves nothing behind.</summary>
    public async Task<(ImageId? Image, Refusal? Refusal)> PrepareAsync(UnikernelConfig config, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Prepare(config), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The image of a reference that the caller holds.</summary>
    public (UnikernelImage Image, SealedFile File) this[ImageId id]
    {
        get
        {
            lock (_gate)
            {
                return (_images[id].Image, _images[id].File);
            }
        }
    }

    /// <summary>Gives up one reference; the last one frees the memory.</summary>
    public void Release(ImageId id)
    {
        lock (_gate)
        {
            Stored stored = _images[id];
            if (--stored.References == 0)
            {
                _images.Remove(id);
                stored.File.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private (ImageId? Image, Refusal? Refusal) Prepare(UnikernelConfig config)
    {
        if (!TryUnpack(config, out ReadOnlyMemory<byte> bytes, out Refusal? refusal))
        {
            return (null, refusal);
        }

        if (!UnikernelImage.TryParse(bytes.Span, out UnikernelImage? image, out ImageRefusal? bad))
        {
            return (null, new Refusal(RefusalCode.InvalidImage, bad.Text));
        }

        if (tenders.Refuse(image, config.Settings) is { } unfit)
        {
            return (null, unfit);
        }

        var id = new ImageId(Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
        lock (_gate)
        {
            if (!_images.TryGetValue(id, out Stored? stored))
            {
                _images[id] = stored = new Stored(image, SealedFile.Of("image", bytes.Span));
            }

            stored.References++;
        }

        return (id, null);
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
            bytes = ZlibUnpacker.Unpack(config.Image, DaemonLimits.MaxImageBytes);
        }
        catch (InvalidDataException e)
        {
            refusal = new Refusal(RefusalCode.Malformed, $"failed to uncompress: {e.Message}");
        }

        return refusal is null;
    }

    private sealed class Stored(UnikernelImage image, SealedFile file)
    {
        public UnikernelImage Image { get; } = image;

        public SealedFile File { get; } = file;

        public int References { get; set; }
    }
}
