using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>
/// A vmmd that a test drives by hand: every method is one input and returns the effects of that step, one line each
/// (<see cref="EffectText"/>). The first argument of a command is the connection that asks.
/// </summary>
internal sealed class VmmdScript
{
    /// <summary>The instant 0 of a test.</summary>
    public static readonly DateTimeOffset Origin = new(2026, 8, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>32 MiB on CPU 0, called by its label, stays down when it ends.</summary>
    public static readonly UnikernelSettings Small = new(
        new FailBehaviour.Quit(),
        Startup: null,
        AddName: true,
        CpuIds: new([0]),
        MemoryMib: 32,
        Blocks: [],
        Nets: [],
        Arguments: null);

    /// <summary>As <see cref="Small"/>, but started again on every exit that allows it.</summary>
    public static readonly UnikernelSettings Restarting = Small with { FailBehaviour = new FailBehaviour.Restart(default) };

    /// <summary>A host of 8 unikernels, 1000 MiB, CPUs 0 and 1 and the bridge "service".</summary>
    public static readonly ResourcePolicy Host = Policy(8, 1000, [0, 1], "service");

    /// <summary>As <see cref="Small"/>, with the interface "net" on the bridge "service" and the block device "disk".</summary>
    public static readonly UnikernelSettings WithDevices = Small with
    {
        Nets = [new NetAttachment(RawText.Of("net"), RawText.Of("service"), Mac: null)],
        Blocks = [new BlockAttachment(RawText.Of("disk"), HostDevice: null, SectorSize: null)],
    };

    /// <summary>Block devices "disk" of 4 MiB in the root path and in foo, "other" of 8 MiB in foo.</summary>
    public VmmdScript(VmmdSettings? settings = null) => State = VmmdState.Initial(
        settings ?? VmmdSettings.Default with { RestartJitter = 0 }, Host, (NameOf("disk"), 4), (NameOf("foo:disk"), 4), (NameOf("foo:other"), 8));

    public VmmdState State { get; private set; }

    /// <summary>Whether the disk takes at once what is to be stored; else the test says when, and sees it as an effect.</summary>
    public bool StoresAtOnce { get; init; } = true;

    /// <summary>With 20 MiB for block devices.</summary>
    public static ResourcePolicy Policy(long unikernels, long memoryMib, long[] cpuIds, params string[] bridges) =>
        new(unikernels, new ValueSet<long>(cpuIds), memoryMib, BlockMib: 20, new ValueSet<RawText>(bridges.Select(RawText.Of)));

    public static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new ArgumentException(refusal.Text, nameof(text));

    public static DateTimeOffset At(double seconds) => Origin + TimeSpan.FromSeconds(seconds);

    public string[] Do(VmmdInput input)
    {
        (State, var effects) = VmmdStep.Step(State, input);
        return [.. effects.SelectMany(TextsOf)];
    }

    public string[] Ask(long connection, string name, Command command) =>
        Do(new VmmdInput.CommandReceived(new Requester(connection, new Header(connection, NameOf(name))), command));

    public string[] Create(long connection, string name, UnikernelSettings? settings = null) =>
        Ask(connection, name, Order(settings, OnConflict.Refuse));

    public string[] ForceCreate(long connection, string name, UnikernelSettings? settings = null) =>
        Ask(connection, name, Order(settings, OnConflict.Replace));

    public string[] Restart(long connection, string name, UnikernelSettings? settings = null) =>
        Ask(connection, name, new Command.UnikernelRestart(settings));

    public string[] Destroy(long connection, string name) => Ask(connection, name, new Command.UnikernelDestroy());

    public string[] Info(long connection, string name, InfoForm form = InfoForm.Current) =>
        Ask(connection, name, new Command.UnikernelInfo(form));

    public string[] AddPolicy(long connection, string path, ResourcePolicy policy) => Ask(connection, path, new Command.PolicyAdd(policy));

    public string[] ImagePrepared(string name, long incarnation, char image) =>
        Do(new VmmdInput.ImagePrepared(NameOf(name), incarnation, EffectText.ImageOf(image)));

    public string[] ImageRefused(string name, long incarnation, string why) =>
        Do(new VmmdInput.ImageRefused(NameOf(name), incarnation, new Refusal(RefusalCode.InvalidImage, why)));

    public string[] DevicesAttached(string name, long incarnation, string tap) => Do(new VmmdInput.DevicesAttached(
        NameOf(name), incarnation, [new TapOfDevice(RawText.Of("net"), RawText.Of(tap))]));

    public string[] DevicesFailed(string name, long incarnation, string why) =>
        Do(new VmmdInput.DevicesFailed(NameOf(name), incarnation, new Refusal(RefusalCode.HostFailure, why)));

    public string[] ConsoleOpened(string name, long incarnation) => Do(new VmmdInput.ConsoleOpened(NameOf(name), incarnation));

    public string[] ConsoleFailed(string name, long incarnation, string why) =>
        Do(new VmmdInput.ConsoleFailed(NameOf(name), incarnation, new Refusal(RefusalCode.ServiceUnreachable, why)));

    public string[] TenderStarted(string name, long incarnation, int processId, double at = 0) =>
        Do(new VmmdInput.TenderStarted(NameOf(name), incarnation, processId, At(at)));

    public string[] TenderFailed(string name, long incarnation, string why) =>
        Do(new VmmdInput.TenderFailed(NameOf(name), incarnation, new Refusal(RefusalCode.HostFailure, why)));

    public string[] Exited(string name, long incarnation, int code, double at = 1) =>
        Do(new VmmdInput.TenderExited(NameOf(name), incarnation, new ExitStatus.Exited(code), At(at)));

    public string[] Signalled(string name, long incarnation, int signal, double at = 1) =>
        Do(new VmmdInput.TenderExited(NameOf(name), incarnation, new ExitStatus.Signalled(signal), At(at)));

    public string[] Timer(string name, long incarnation) => Do(new VmmdInput.TimerFired(NameOf(name), incarnation, PhaseOf(name) switch
    {
        Phase.Running => Alarm.Regret,
        Phase.WaitingToRestart => Alarm.Restart,
        _ => Alarm.Kill,
    }));

    public string[] Stored(long version) => Do(new VmmdInput.Stored(version));

    public string[] StoreFailed(long version, string why) =>
        Do(new VmmdInput.StoreFailed(version, new Refusal(RefusalCode.HostFailure, why)));

    public string[] ShutDown() => Do(new VmmdInput.ShutdownRequested(StopUnikernels: true));

    /// <summary>The daemon stops and leaves its unikernels to the next one.</summary>
    public string[] Leave() => Do(new VmmdInput.ShutdownRequested(StopUnikernels: false));

    /// <summary>The next daemon, which finds what this one has stored and, of what runs, what the test says.</summary>
    public VmmdScript Next(out string[] effects, params ImmutableArray<FoundTender> found)
    {
        var next = new VmmdScript { StoresAtOnce = StoresAtOnce };
        effects = next.Do(new VmmdInput.Restored(State.ToStore, found));
        return next;
    }

    /// <summary>What the next daemon finds of a unikernel that runs here.</summary>
    public FoundTender Found(string name)
    {
        Unikernel unikernel = State.Unikernels[NameOf(name)];
        (int processId, DateTimeOffset since) = unikernel.Process!.Value;
        return new FoundTender(unikernel.Name, unikernel.Incarnation, processId, since, TenderOrigin.Start(unikernel));
    }

    /// <summary>
    /// Brings <paramref name="name"/> to run from <paramref name="image"/>, as process 100 + its incarnation, which is returned.
    /// </summary>
    public long Run(string name, UnikernelSettings? settings = null, char image = 'a', double at = 0)
    {
        Create(connection: 1, name, settings);
        long incarnation = State.LastIncarnation;
        ImagePrepared(name, incarnation, image);
        if (PhaseOf(name) is Phase.Attaching)
        {
            DevicesAttached(name, incarnation, "vmmtap0");
        }

        ConsoleOpened(name, incarnation);
        TenderStarted(name, incarnation, (int)(100 + incarnation), at);
        Assert.IsType<Phase.Running>(PhaseOf(name));
        return incarnation;
    }

    public Phase? PhaseOf(string name) => State.Unikernels.GetValueOrDefault(NameOf(name))?.Phase;

    /// <summary>What the unikernels at and below <paramref name="path"/> use; the block devices that were there are left out.</summary>
    public Usage UsageOf(string path) => State.Resources.UsageOf(NameOf(path).Path) with { BlockMib = 0 };

    public long BlockMibOf(string path) => State.Resources.UsageOf(NameOf(path).Path).BlockMib;

    private string[] TextsOf(VmmdEffect effect) => effect is VmmdEffect.Store store && StoresAtOnce
        ? Do(new VmmdInput.Stored(store.Version))
        : [EffectText.Of(effect)];

    private static Command.UnikernelCreate Order(UnikernelSettings? settings, OnConflict conflict) =>
        new(new UnikernelConfig(ImageType.Solo5, Compressed: false, "image"u8.ToArray(), settings ?? Small), conflict);
}
