using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Protocol.State;

namespace Albatross.Tests.Protocol;

/// <summary>Random messages of every kind, the same ones for the same seed. Instants have milliseconds, as the wire has.</summary>
internal sealed class WireGenerator(int seed)
{
    private readonly Random _random = new(seed);

    public Wire Next()
    {
        var header = new Header(Any64(), AnyName());
        return _random.Next(2) == 0 ? new Wire.Request(header, AnyCommand()) : new Wire.Answer(header, AnyReply());
    }

    public Command AnyCommand() => _random.Next(23) switch
    {
        0 => new Command.ConsoleAdd(Any63()),
        1 => new Command.ConsoleSubscribe(new ConsoleStart.Count(Any63())),
        2 => new Command.ConsoleSubscribe(new ConsoleStart.Since(AnyInstant())),
        3 => new Command.ConsoleInactive(),
        4 => new Command.StatisticsAdd(AnyText(), Any63(), Many(() => new TapOfDevice(AnyText(), AnyText()))),
        5 => new Command.StatisticsRemove(),
        6 => new Command.StatisticsSubscribe(),
        7 => new Command.StatisticsInitial(),
        8 => new Command.UnikernelDestroy(),
        9 => new Command.UnikernelCreate(AnyConfig(), OnConflict.Refuse),
        10 => new Command.UnikernelCreate(AnyConfig(), OnConflict.Replace),
        11 => new Command.UnikernelGet(Any63()),
        12 => new Command.UnikernelRestart(Flip() ? AnySettings() : null),
        13 => new Command.UnikernelInfo(AnyForm()),
        14 => new Command.PolicyInfo(),
        15 => Flip()
            ? new Command.PolicyAdd(AnyPolicy())
            : new Command.PolicyAddAll(Many(() => new Entry<ResourcePolicy>(AnyName(), AnyPolicy()))),
        16 => new Command.PolicyRemove(),
        17 => new Command.BlockInfo(),
        18 => new Command.BlockAdd(Any63()),
        19 => new Command.BlockRemove(),
        20 => new Command.BlockOldAdd(Any63(), Flip(), Flip() ? AnyBytes(200) : default(ReadOnlyMemory<byte>?)),
        21 => new Command.BlockOldSet(Flip(), AnyBytes(200)),
        _ => _random.Next(3) switch
        {
            0 => new Command.BlockOldDump(Any63()),
            1 => new Command.BlockDump(Any63()),
            _ => new Command.BlockSet(Flip()),
        },
    };

    public StoredState AnyState() => new(
        Enumerable.Range(0, _random.Next(8)).Select(_ => AnyName()).Distinct(SameNode.Instance)
            .ToImmutableSortedDictionary(name => name, _ => AnyConfig()),
        Enumerable.Range(0, _random.Next(8)).Select(_ => AnyName()).Distinct(SameNode.Instance)
            .ToImmutableSortedDictionary(name => name, _ => AnyPolicy()));

    private Reply AnyReply() => _random.Next(13) switch
    {
        0 => new Reply.Failure(AnyText()),
        1 => new Reply.Empty(),
        2 => new Reply.Success(AnyText()),
        3 => new Reply.Policies(Many(() => new Entry<ResourcePolicy>(AnyName(), AnyPolicy()))),
        4 => new Reply.BlockDevices(Many(() => new Entry<BlockDevice>(AnyName(), new BlockDevice(Any63(), Flip())))),
        5 => new Reply.Image(Flip(), AnyBytes(300)),
        6 => new Reply.OldBlockDeviceImage(Flip(), AnyBytes(300)),
        7 => new Reply.BlockDeviceImage(Flip()),
        8 => new Reply.Consoles(Many(AnyName)),
        9 => AnyUnikernels(AnyForm()),
        10 => new Reply.ConsoleLine(AnyInstant(), AnyText()),
        11 => new Reply.Statistics(AnySample()),
        _ => new Reply.BlockData(Flip() ? AnyBytes(300) : default(ReadOnlyMemory<byte>?)),
    };

    private Reply.Unikernels AnyUnikernels(InfoForm form) => new(form, Many(() => new Entry<UnikernelInfo>(AnyName(), AnyInfo(form))));

    // What an old form cannot carry is left at what a reader of it assumes.
    private UnikernelInfo AnyInfo(InfoForm form) => new(
        AnyType(),
        form == InfoForm.Version4 ? null : Maybe63(),
        AnyFailBehaviour(),
        form == InfoForm.Current ? AnySet() : new ValueSet<long>([Any63()]),
        Any63(),
        AnyBytes(40),
        Many(() => new BlockDeviceInfo(AnyText(), AnyText(), Any63(), Any63())),
        Many(() => new NetInfo(AnyText(), AnyText(), AnyMac())),
        Flip() ? Many(AnyText) : null,
        AnyInstant(),
        form == InfoForm.Current ? Any63() : 1,
        form == InfoForm.Current ? MaybeText() : null);

    private UnikernelConfig AnyConfig() => new(AnyType(), Flip(), AnyBytes(300), AnySettings());

    private UnikernelSettings AnySettings() => new(
        AnyFailBehaviour(),
        Maybe63(),
        Flip(),
        AnySet(),
        Any63(),
        Many(() => new BlockAttachment(AnyText(), MaybeText(), Maybe63())),
        Many(() => new NetAttachment(AnyText(), MaybeText(), Flip() ? AnyMac() : null)),
        Flip() ? Many(AnyText) : null,
        Any63(),
        MaybeText());

    private ResourcePolicy AnyPolicy() => new(Any63(), AnySet(), Any63(), Maybe63(), new(Many(AnyText)));

    private Sample AnySample() => new(
        new ResourceUsage(
            AnyTime(), AnyTime(), Any64(), Any64(), Any64(), Any64(), Any64(), Any64(),
            Any64(), Any64(), Any64(), Any64(), Any64(), Any64(), Any64(), Any64()),
        Many(AnyInterface),
        Flip() ? Many(() => new VmmCounter(AnyText(), Any64())) : null,
        Flip() ? new ProcessMemory(Any64(), Any64(), Any64(), Any64(), Any64(), Any64(), Any63(), AnyTime()) : null);

    private InterfaceCounters AnyInterface() => new(
        AnyText(), (int)Any64(), (int)Any64(), (int)Any64(), (int)Any64(), (int)Any64(), Any64(), Any64(), Any64(), Any64(), Any64(),
        Any64(), Any64(), Any64(), Any64(), Any64(), Any64(), Any64());

    private TimeValue AnyTime() => new(Any64(), _random.Next(1_000_000));

    private FailBehaviour AnyFailBehaviour() => Flip() ? new FailBehaviour.Quit() : new FailBehaviour.Restart(AnySet());

    private ImageType AnyType() => Flip() ? ImageType.Solo5 : ImageType.Bhyve;

    private InfoForm AnyForm() => _random.Next(3) switch { 0 => InfoForm.Version4, 1 => InfoForm.Version5, _ => InfoForm.Current };

    private Name AnyName()
    {
        var text = new StringBuilder(":");
        for (int labels = _random.Next(5); labels > 0; labels--)
        {
            text.Append((char)_random.Next('a', 'z' + 1)).Append('-', _random.Next(3)).Append(labels > 1 || Flip() ? ":" : ".9");
        }

        Assert.True(Name.TryParse(text.ToString(), out Name name, out Refusal? refusal), refusal?.Text);
        return name;
    }

    private DateTimeOffset AnyInstant()
    {
        double most = (DateTimeOffset.MaxValue - DateTimeOffset.MinValue).TotalMilliseconds;
        return DateTimeOffset.MinValue.AddMilliseconds(_random.NextInt64((long)most));
    }

    private MacAddress AnyMac() => new((ulong)_random.NextInt64(1L << 48));

    private ValueSet<long> AnySet() => new(Many(Any63));

    // Of all magnitudes, so that every length of encoding occurs.
    private long Any63() => (_random.NextInt64(long.MinValue, long.MaxValue) >> 1) >> _random.Next(63);

    private long Any64() => _random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64);

    private long? Maybe63() => Flip() ? Any63() : null;

    private RawText AnyText() => new(AnyBytes(_random.Next(10) == 0 ? 300 : 12));

    private RawText? MaybeText() => Flip() ? AnyText() : null;

    private byte[] AnyBytes(int most)
    {
        byte[] bytes = new byte[_random.Next(most + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private ImmutableArray<T> Many<T>(Func<T> one) => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => one())];

    private bool Flip() => _random.Next(2) == 0;

    private sealed class SameNode : IEqualityComparer<Name>
    {
        public static readonly SameNode Instance = new();

        public bool Equals(Name x, Name y) => x.Node == y.Node;

        public int GetHashCode(Name name) => name.Node.GetHashCode();
    }
}
