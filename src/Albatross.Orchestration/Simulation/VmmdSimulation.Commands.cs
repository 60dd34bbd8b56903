using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// Who asks for what: an operator on the local socket, who may do everything, and tenants of three CA levels, whose chains bring a policy
/// for every level before the command.
/// </summary>
internal sealed partial class VmmdSimulation
{
    private const int MostMib = 200;

    private static readonly Name[] Names =
        [.. new[] { ":web", "foo:web", "foo:db", "foo:bar:web", "foo:bar:baz:web", "foo:bar:baz:db", "qux:web" }.Select(NameOf)];

    private static readonly Name[] Paths = [.. new[] { "foo:", "foo:bar:", "foo:bar:baz:", "qux:" }.Select(NameOf)];

    private static readonly ImmutableArray<NamePath> AllPaths = [NamePath.Root, .. Paths.Select(path => path.Path)];

    private static readonly Name[] BlockNames =
        [.. new[] { ":disk", "foo:disk", "foo:other", "foo:bar:disk", "foo:bar:baz:disk", "qux:disk" }.Select(NameOf)];

    // Of the machine before the daemon first starts.
    private static readonly (Name Name, long SizeMib)[] Blocks = [(BlockNames[0], 4), (BlockNames[1], 4), (BlockNames[3], 4)];

    private static readonly RawText Service = RawText.Of("service");
    private static readonly RawText Backup = RawText.Of("backup");

    private static readonly ResourcePolicy Host = new(6, new([0, 1]), MostMib, BlockMib: 40, new([Service, Backup]));

    // What a tenant's connection still has to say, policies first.
    private readonly Dictionary<long, Queue<(Name Name, Command Command)>> _chains = [];
    private readonly Queue<long> _ready = [];

    private VmmdInput SomethingAsked() => TakeReady() ?? _random.Next(38) switch
    {
        < 7 => Asked(_random.Pick<Name>(Names), Create(OnConflict.Refuse)),
        < 12 => Asked(_random.Pick<Name>(Names), Create(OnConflict.Replace)),
        < 16 => Asked(_random.Pick<Name>(Names), new Command.UnikernelDestroy()),
        < 18 => Asked(_random.Pick<Name>(Paths), new Command.PolicyAdd(SomePolicy())),
        < 20 => Present(),
        20 => Asked(_random.OneIn(2) ? _random.Pick<Name>(Paths) : _random.Pick<Name>(Names), new Command.UnikernelInfo()),
        21 => Asked(_random.Pick<Name>(Paths), new Command.PolicyInfo()),
        22 => Asked(_random.Pick<Name>(Paths), new Command.BlockInfo()),
        23 => _host.RestartConsole(),
        24 => Asked(_random.Pick<Name>(Names), new Command.UnikernelGet(_random.Next(11))),
        25 => Asked(_random.Pick<Name>(Paths), new Command.PolicyRemove()),
        < 30 => Asked(_random.Pick<Name>(Names), new Command.UnikernelRestart(_random.OneIn(2) ? null : SomeSettings())),
        30 => new VmmdInput.StatisticsAttached(),
        31 => SomeHostChange(),
        _ => Asked(_random.Pick<Name>(BlockNames), SomeBlockCommand()),
    };

    // A bridge comes, or goes that nobody could have asked for before it came.
    private VmmdInput.HostChanged SomeHostChange() =>
        new(_random.OneIn(3) ? Host with { Bridges = new([Service, Backup, RawText.Of("spare")]) } : Host);

    private Command SomeBlockCommand() => _random.Next(7) switch
    {
        < 2 => new Command.BlockAdd(_random.Pick(-1L, 0, 1, 4, 4, 8, 100, long.MaxValue)),
        2 => new Command.BlockOldAdd(_random.Next(7), Compressed: false, new byte[_random.Next(3)]),
        3 => new Command.BlockRemove(),
        4 => new Command.BlockSet(Compressed: false),
        5 => new Command.BlockDump(_random.Next(11)),
        _ => new Command.BlockOldDump(0),
    };

    private VmmdInput.CommandReceived Asked(Name name, Command command) => Asked(++_lastConnection, name, command);

    private VmmdInput.CommandReceived Asked(long connection, Name name, Command command)
    {
        _waiting.Add(connection, command.Words);
        Figures.CountCommand(command.Words);
        return new VmmdInput.CommandReceived(new Requester(connection, new Header(connection, name)), command);
    }

    // A chain from the CA of the first label down to the one of the name's path, and a leaf with one command.
    private VmmdInput.CommandReceived Present()
    {
        Name name = Names[1 + _random.Next(Names.Length - 1)];
        var chain = new Queue<(Name, Command)>();
        chain.Enqueue((Name.Root, new Command.PolicyAddAll(
        [
            .. name.Path.SelfAndAncestors()
                .Where(path => !path.IsRoot)
                .Reverse()
                .Select(path => new Entry<ResourcePolicy>(new Name(path, null), SomePolicy())),
        ])));
        chain.Enqueue((name, _random.Next(4) switch
        {
            0 => Create(OnConflict.Replace),
            1 => new Command.UnikernelDestroy(),
            2 => new Command.UnikernelRestart(SomeSettings()),
            _ => Create(OnConflict.Refuse),
        }));
        _chains[++_lastConnection] = chain;
        return Say(_lastConnection);
    }

    private VmmdInput.CommandReceived Say(long connection)
    {
        (Name name, Command command) = _chains[connection].Dequeue();
        return Asked(connection, name, command);
    }

    // The next of a chain follows when the one before was taken; a refusal ends it.
    private void GoOn(long connection, Reply answer)
    {
        if (answer is not Reply.Success || _chains.GetValueOrDefault(connection) is not { Count: > 0 })
        {
            _chains.Remove(connection);
        }
        else
        {
            _ready.Enqueue(connection);
        }
    }

    private VmmdInput.CommandReceived? TakeReady()
    {
        while (_ready.TryDequeue(out long connection))
        {
            if (_chains.ContainsKey(connection))
            {
                return Say(connection);
            }
        }

        return null;
    }

    private Command.UnikernelCreate Create(OnConflict conflict) =>
        new(new UnikernelConfig(ImageType.Solo5, Compressed: false, Image: default, SomeSettings()), conflict);

    private UnikernelSettings SomeSettings()
    {
        FailBehaviour behaviour = _random.Next(3) switch
        {
            0 => new FailBehaviour.Quit(),
            1 => new FailBehaviour.Restart(default),
            _ => new FailBehaviour.Restart(new([2, 255])),
        };
        return new UnikernelSettings(
            behaviour,
            Startup: _random.Pick<long?>(null, null, 10, 50, 90),
            AddName: _random.OneIn(2),
            CpuIds: _random.OneIn(40) ? _random.Pick<ValueSet<long>>(default, new([7])) : SomeCpus(),
            MemoryMib: _random.OneIn(40) ? _random.Pick(0, -1000, 5000, long.MaxValue) : _random.Pick(16, 16, 32, 64, 100),
            Blocks: _random.OneIn(4) ? SomeBlocks() : [],
            Nets: _random.OneIn(4) ? SomeNets() : [],
            Arguments: null);
    }

    private ImmutableArray<BlockAttachment> SomeBlocks() => _random.Next(4) switch
    {
        0 => [new(RawText.Of("storage"), RawText.Of("other"), SectorSize: 4096)],
        1 => [new(RawText.Of("storage"), RawText.Of("disk"), SectorSize: null), new(RawText.Of("other"), null, SectorSize: 512)],
        _ => [new(RawText.Of("storage"), RawText.Of("disk"), SectorSize: null)],
    };

    private ImmutableArray<NetAttachment> SomeNets() => _random.Next(6) switch
    {
        2 => [new(Service, Bridge: null, new MacAddress(_random.Pick(0x0200_0000_0001UL, 0x0200_0000_0002UL)))],
        3 => [new(Service, Backup, new MacAddress(0x0200_0000_0001)), new(RawText.Of("management"), Service, new MacAddress(0))],
        0 => [new(Service, Bridge: null, Mac: null), new(RawText.Of("management"), Backup, Mac: null)],
        1 => [new(RawText.Of("service"), RawText.Of("nowhere"), Mac: null)],
        _ => [new(Service, Bridge: null, Mac: null)],
    };

    private ResourcePolicy SomePolicy() => _random.OneIn(20) ? new(0, default, 0, BlockMib: null, default) : new(
        Unikernels: _random.Pick(0, 1, 2, 4, 5, 6),
        CpuIds: SomeCpus(),
        MemoryMib: _random.Pick(32, 64, 100, MostMib, MostMib, 2 * MostMib),
        BlockMib: _random.Pick<long?>(null, 4, 8, 16, 40, 40),
        Bridges: _random.Pick<ValueSet<RawText>>(default, new([Service]), new([Service, Backup]), new([Service, Backup])));

    private ValueSet<long> SomeCpus() => new(_random.Pick<long[]>([0], [0], [1], [0, 1], [0, 1]));
}
