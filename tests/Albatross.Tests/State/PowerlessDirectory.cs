using Albatross.Linux;

namespace Albatross.Tests.State;

/// <summary>The power is gone; nothing after it happens.</summary>
internal sealed class PowerLossException : Exception;

/// <summary>
/// A directory as a careless kernel keeps it: what was not brought to the disk may be there, in part, or not, as the seed has it. The power
/// goes before step <paramref name="cut"/>.
/// </summary>
internal sealed class PowerlessDirectory(int seed, int cut) : IDurableDirectory
{
    private readonly Random _random = new(seed * 7919 + cut);
    private readonly Dictionary<string, Inode> _names = [];
    private readonly List<Dictionary<string, Inode>> _unsynchronized = [];
    private Dictionary<string, Inode> _durable = [];

    public int Steps { get; private set; }

    public byte[]? Read(string name) => _names.GetValueOrDefault(name)?.Content;

    public void Write(string name, ReadOnlySpan<byte> content)
    {
        // Making or emptying the file is one step, writing another: between them it is there and empty.
        Step();
        if (!_names.TryGetValue(name, out Inode? inode))
        {
            _names[name] = inode = new Inode();
            NoteNames();
        }

        inode.Content = [];
        inode.MayBe.Add([]);
        Step();
        inode.Content = content.ToArray();
        inode.MayBe.Add(content[.._random.Next(content.Length + 1)].ToArray());
        inode.MayBe.Add(inode.Content);
    }

    public void Synchronize(string name)
    {
        Step();
        Inode inode = _names[name];
        inode.MayBe.Clear();
        inode.MayBe.Add(inode.Content);
    }

    public void Rename(string source, string target)
    {
        Step();
        _names[target] = _names[source];
        _names.Remove(source);
        NoteNames();
    }

    public void SynchronizeNames()
    {
        Step();
        _durable = new(_names);
        _unsynchronized.Clear();
    }

    /// <summary>What a new start finds under <paramref name="name"/>.</summary>
    public byte[]? AfterPowerLoss(string name)
    {
        // The kernel may have brought any state of the names since the last fsync to the disk.
        int at = _random.Next(_unsynchronized.Count + 1);
        Dictionary<string, Inode> names = at == 0 ? _durable : _unsynchronized[at - 1];
        return names.GetValueOrDefault(name) is { } inode ? inode.MayBe[_random.Next(inode.MayBe.Count)] : null;
    }

    private void NoteNames() => _unsynchronized.Add(new(_names));

    private void Step()
    {
        if (Steps == cut)
        {
            throw new PowerLossException();
        }

        Steps++;
    }

    private sealed class Inode
    {
        public byte[] Content { get; set; } = [];

        // Every content that may be on the disk.
        public List<byte[]> MayBe { get; } = [[]];
    }
}
