using System.Globalization;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Benchmarks;

/// <summary>
/// A host with unikernels that run, as many as are asked for: fifty below each path, in two levels of policies, each with an interface, a
/// block device and two boot arguments of its own. The outcomes of effects are given by hand, so that only the core is measured.
/// </summary>
internal sealed class Host
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly ResourcePolicy Plenty = new(1 << 20, new([0, 1]), 1 << 30, 1 << 30, new([RawText.Of("service")]));

    private readonly Name _new = Samples.NameOf("user0:group0:new");

    private Host(VmmdState state) => State = state;

    public VmmdState State { get; private set; }

    public static Host Of(int unikernels)
    {
        var host = new Host(VmmdState.Initial(
            VmmdSettings.Default,
            Plenty,
            Enumerable.Range(0, unikernels).Select(i => (BlockOf(NameOf(i)), 4L)).Append((Samples.NameOf("user0:group0:d"), 4L))));
        for (int i = 0; i < unikernels; i++)
        {
            Name name = NameOf(i);
            if (i % 50 == 0)
            {
                host.AddPolicy(name.Path.Parent);
                host.AddPolicy(name.Path);
            }

            host.Run(name, SettingsOf(i));
        }

        return host;
    }

    /// <summary>The number of inputs of one whole life.</summary>
    public const int StepsOfALife = 9;

    /// <summary>A unikernel more is created, runs, is stored, and is destroyed: <see cref="StepsOfALife"/> inputs. The host is as before.</summary>
    public void LiveOnce()
    {
        long incarnation = Run(_new, SettingsOf(-1));
        Do(new VmmdInput.CommandReceived(From(_new), new Command.UnikernelDestroy()));
        Do(new VmmdInput.TenderExited(_new, incarnation, new ExitStatus.Exited(0), Now));
        Store();
    }

    /// <summary>One ends with a code after which it is started again, and is: the number of inputs is <see cref="StepsOfARestart"/>.</summary>
    public void RestartOnce(Name name)
    {
        Unikernel unikernel = State.Unikernels[name];
        Do(new VmmdInput.TenderExited(name, unikernel.Incarnation, new ExitStatus.Exited(2), Now.AddSeconds(State.LastIncarnation)));
        long next = State.Unikernels[name].Incarnation;
        Do(new VmmdInput.TimerFired(name, next, Alarm.Restart));
        Start(name, next);
    }

    public const int StepsOfARestart = 5;

    /// <summary>What a client that asks for one of them is answered.</summary>
    public ImmutableArray<VmmdEffect> Info(Name name) => Do(new VmmdInput.CommandReceived(From(name), new Command.UnikernelInfo()));

    public static Name NameOf(int number) => Samples.NameOf($"user{number / 500}:group{number / 50 % 10}:web{number}");

    private long Run(Name name, UnikernelSettings settings)
    {
        var config = new UnikernelConfig(ImageType.Solo5, Compressed: false, default, settings);
        Do(new VmmdInput.CommandReceived(From(name), new Command.UnikernelCreate(config, OnConflict.Refuse)));
        long incarnation = State.LastIncarnation;
        Do(new VmmdInput.ImagePrepared(name, incarnation, new ImageId(incarnation.ToString("x64", CultureInfo.InvariantCulture))));
        Start(name, incarnation);
        Store();
        return incarnation;
    }

    private void Start(Name name, long incarnation)
    {
        Do(new VmmdInput.DevicesAttached(name, incarnation, [new TapOfDevice(RawText.Of("net"), RawText.Of("vmmtap0"))]));
        Do(new VmmdInput.ConsoleOpened(name, incarnation));
        Do(new VmmdInput.TenderStarted(name, incarnation, ProcessId: 4711, Now));
        if (State.Unikernels[name].Phase is not Phase.Running)
        {
            throw new InvalidOperationException($"{name} does not run: what is measured would be something else");
        }
    }

    private void AddPolicy(NamePath path)
    {
        Do(new VmmdInput.CommandReceived(From(new Name(path, null)), new Command.PolicyAdd(Plenty)));
        Store();
    }

    private void Store()
    {
        while (!State.Storing.IsComplete)
        {
            Do(new VmmdInput.Stored(State.Storing.InFlight));
        }
    }

    private ImmutableArray<VmmdEffect> Do(VmmdInput input)
    {
        (State, ImmutableArray<VmmdEffect> effects) = VmmdStep.Step(State, input);
        return effects;
    }

    private static Requester From(Name name) => new(1, new Header(1, name));

    private static Name BlockOf(Name name) => Samples.NameOf($"{name.Path}{"d" + name.Label}");

    private static UnikernelSettings SettingsOf(int number) => new(
        new FailBehaviour.Restart(default), 50, AddName: true, new([number & 1]), 32,
        [new BlockAttachment(RawText.Of("data"), RawText.Of(number < 0 ? "d" : $"dweb{number}"), SectorSize: null)],
        [new NetAttachment(RawText.Of("net"), RawText.Of("service"), new MacAddress(0x0200_0000_0000UL + (ulong)(number + 1)))],
        [RawText.Of($"--ipv4=10.0.{number >> 8 & 0xff}.{number & 0xff}/16"), RawText.Of("-l"), RawText.Of("*:debug")]);
}
