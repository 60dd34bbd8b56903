namespace Albatross.Daemon;

/// <summary>Where a role listens, for scripts that let it take a free port: a file that is there whole or not at all.</summary>
internal static class AddressFile
{
    /// <summary>Writes <paramref name="address"/> to <paramref name="path"/>, in the place of an older one.</summary>
    public static void Write(string path, string address)
    {
        string unfinished = path + ".new";
        File.WriteAllText(unfinished, address + "\n");
        File.Move(unfinished, path, overwrite: true);
    }
}
