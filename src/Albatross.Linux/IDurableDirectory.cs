namespace Albatross.Linux;

/// <summary>
/// A directory in the steps of which durability is made: until <see cref="Synchronize"/> a file's bytes, until
/// <see cref="SynchronizeNames"/> a name may be lost when the host loses its power. All names are of files right in it.
/// </summary>
public interface IDurableDirectory
{
    /// <summary>The content of a file; null when there is none.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    byte[]? Read(string name);

    /// <summary>Makes or empties a file that only its owner can read, and writes <paramref name="content"/>.</summary>
    /// <exception cref="IOException">The host said no; the file may hold a part of it.</exception>
    void Write(string name, ReadOnlySpan<byte> content);

    /// <summary>Brings the bytes of a file to the disk (fsync(2)).</summary>
    /// <exception cref="IOException">The host said no.</exception>
    void Synchronize(string name);

    /// <summary>Calls a file <paramref name="target"/>, in the place of what was called so (rename(2)).</summary>
    /// <exception cref="IOException">The host said no.</exception>
    void Rename(string source, string target);

    /// <summary>Brings the names to the disk (fsync(2) of the directory).</summary>
    /// <exception cref="IOException">The host said no.</exception>
    void SynchronizeNames();
}

/// <summary>How a file is replaced so that after a crash it is the old one or the new one, whole.</summary>
public static class DurableReplacement
{
    private const string Suffix = ".new";

    /// <summary>The name under which a new content of <paramref name="name"/> is written first; left over, it means nothing.</summary>
    public static string TemporaryNameOf(string name) => name + Suffix;

    /// <summary>Replaces <paramref name="name"/>; when this returns, the new content outlives a loss of power.</summary>
    /// <exception cref="IOException">The host said no: the old content is still there, unless only the last step failed.</exception>
    public static void Replace(this IDurableDirectory directory, string name, ReadOnlySpan<byte> content)
    {
        string temporary = TemporaryNameOf(name);
        directory.Write(temporary, content);
        directory.Synchronize(temporary);
        directory.Rename(temporary, name);
        directory.SynchronizeNames();
    }
}
