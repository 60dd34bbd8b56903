namespace Albatross.HostTests.Tender;

/// <summary>A file of zeros in the place of a block device.</summary>
internal sealed class BlockFile : IDisposable
{
    internal BlockFile(long bytes)
    {
        using FileStream file = File.OpenWrite(Path);
        file.SetLength(bytes);
    }

    internal string Path { get; } = System.IO.Path.GetTempFileName();

    /// <summary>Its size now.</summary>
    internal long Length => new FileInfo(Path).Length;

    /// <summary>Its bytes now.</summary>
    internal byte[] Bytes => File.ReadAllBytes(Path);

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}
