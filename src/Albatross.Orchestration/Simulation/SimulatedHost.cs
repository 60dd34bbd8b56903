using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// A host that carries out vmmd's effects in its own time: outcomes come in random order, some are failures, some are late, tenders end by
/// themselves or ignore SIGTERM, time passes. It refuses what a real host could not do, by throwing <see cref="SimulationException"/>.
/// </summary>
/// <param name="random">What happens.</param>
/// <param name="chances">How often something goes wrong.</param>
/// <param name="figures">Where it is counted.</param>
internal sealed partial class SimulatedHost(Dice random, FaultChances chances, SimulationFigures figures)
{
    private static readonly ImageId[] Images = [EffectText.ImageOf('a'), EffectText.ImageOf('b'), EffectText.ImageOf('c')];

    private readonly List<VmmdEffect> _underWay = [];
    private readonly List<(DateTimeOffset Due, VmmdEffect.WakeAfter Wake)> _timers = [];
    private readonly List<VmmdInput.TenderExited> _ended = [];
    private readonly Dictionary<ImageId, int> _references = [];
    private readonly HashSet<Name> _consolesRead = [];
    private int _lastProcess = 100;
    private int _lastTap;

    /// <summary>What is wanted, on the disk; outlives a crash.</summary>
    public DesiredState Disk { get; private set; } = DesiredState.Empty;

    /// <summary>The files of images; they outlive a crash.</summary>
    public HashSet<ImageId> ImageFiles { get; } = [];

    public DateTimeOffset Now { get; private set; } = new(2026, 8, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The tenders that run, by name: never two of one name.</summary>
    public Dictionary<Name, SimulatedTender> Tenders { get; } = [];

    /// <summary>What is attached to which start.</summary>
    public Dictionary<Name, (long Incarnation, DeviceOrder Order)> Attached { get; } = [];

    /// <summary>FIFO and record of these names exist.</summary>
    public HashSet<Name> Traces { get; } = [];

    /// <summary>What the statistics service was told that runs.</summary>
    public Dictionary<Name, long> Sampled { get; } = [];

    /// <summary>What was answered: the connection and the answer.</summary>
    public List<(long Connection, Reply Answer)> Answers { get; } = [];

    public int TimesFinished { get; private set; }

    /// <summary>Whether nothing is under way but timers.</summary>
    public bool IsQuiet => !UnderWay.Any() && _ended.Count == 0 && Tenders.Count == 0;

    /// <summary>As <see cref="References"/>, of one image.</summary>
    public int ReferencesOf(ImageId image) =>
        Held(image) - UnderWay.OfType<VmmdEffect.CheckImage>().Count(check => check.Image == image);

    /// <summary>References whose holder knows of them: not those of checks that are under way.</summary>
    public int References => _references.Values.Sum() - UnderWay.OfType<VmmdEffect.CheckImage>().Count();

    /// <summary>Whether devices are attached for this start.</summary>
    public bool IsAttached(Name name, long incarnation) => Attached.TryGetValue(name, out var has) && has.Incarnation == incarnation;

    /// <summary>Whether a timer will ask for SIGKILL.</summary>
    public bool WillKill(Name name, long incarnation) =>
        _timers.Exists(timer => timer.Wake.For == Alarm.Kill && timer.Wake.Name == name && timer.Wake.Incarnation == incarnation);

    public bool IsRead(Name name) => _consolesRead.Contains(name);

    public void Start(VmmdEffect effect)
    {
        switch (effect)
        {
            case VmmdEffect.Reply reply:
                Answers.Add((reply.To.Connection, reply.Answer));
                break;
            case VmmdEffect.ReleaseImage or VmmdEffect.RetainImage or VmmdEffect.SendImage or VmmdEffect.CheckImage:
                StartOnImage(effect);
                break;
            case VmmdEffect.Store store:
                Require(!UnderWay.OfType<VmmdEffect.Store>().Any(), "two versions are stored at once");
                _underWay.Add(store);
                break;
            case VmmdEffect.ReopenConsole reopen:
                Require(Traces.Contains(reopen.Name), $"{reopen.Name} has no FIFO");
                _consolesRead.Add(reopen.Name);
                break;
            case VmmdEffect.AttachDevices attach:
                CheckAttach(attach);
                _underWay.Add(attach);
                break;
            case VmmdEffect.DetachDevices detach:
                Require(!Tenders.ContainsKey(detach.Name), $"{detach.Name} still runs with what is detached");
                if (IsAttached(detach.Name, detach.Incarnation))
                {
                    Attached.Remove(detach.Name);
                }

                break;
            case VmmdEffect.MakeBlock or VmmdEffect.FillBlock or VmmdEffect.SendBlock or VmmdEffect.RemoveBlock or VmmdEffect.GiveBlockUp:
                StartOnBlock(effect);
                break;
            case VmmdEffect.OpenConsole open:
                Traces.Add(open.Name);
                _underWay.Add(open);
                break;
            case VmmdEffect.StartTender start:
                CheckStart(start);
                _underWay.Add(start);
                break;
            case VmmdEffect.PrepareImage prepare:
                _underWay.Add(prepare);
                break;
            case VmmdEffect.SignalTender signal:
                Signal(signal);
                break;
            case VmmdEffect.RemoveTraces remove:
                Require(!Tenders.ContainsKey(remove.Name), $"{remove.Name} still runs");
                Require(!IsUnderWay(remove.Name), $"something for {remove.Name} is under way");
                Traces.Remove(remove.Name);
                break;
            case VmmdEffect.TellStatistics { Command: Command.StatisticsAdd add } tell:
                Sampled[tell.Name] = add.ProcessId;
                break;
            case VmmdEffect.TellStatistics tell:
                Require(Sampled.Remove(tell.Name), $"the statistics service does not know {tell.Name}");
                break;
            case VmmdEffect.WakeAfter wake:
                _timers.Add((Now + wake.Delay, wake));
                break;
            case VmmdEffect.Report:
                break;
            case VmmdEffect.Finished:
                TimesFinished++;
                break;
            default:
                throw new SimulationException($"the host cannot carry out {effect.GetType().Name}");
        }
    }

    private void StartOnImage(VmmdEffect effect)
    {
        switch (effect)
        {
            case VmmdEffect.ReleaseImage release:
                Release(release.Image);
                break;
            case VmmdEffect.RetainImage retain:
                Require(Held(retain.Image) > 0, $"image {retain.Image} is retained, but gone");
                _references[retain.Image]++;
                break;
            case VmmdEffect.SendImage send:
                Require(Held(send.Image) > 0, $"image {send.Image} is sent, but gone");
                Reply sent = SomeNo(send) is { } refusal ? Reply.Failure.Of(refusal.Text) : new Reply.Image(Compressed: false, default);
                Answers.Add((send.To.Connection, sent));
                break;
            case VmmdEffect.CheckImage check:
                Require(Held(check.Image) > 0, $"image {check.Image} is checked, but gone");
                _references[check.Image]++;
                _underWay.Add(check);
                break;
        }
    }

    /// <summary>The console service ends and is started anew: it reads nothing.</summary>
    public VmmdInput RestartConsole()
    {
        _consolesRead.Clear();
        return new VmmdInput.ConsoleRestarted();
    }

    /// <summary>
    /// What happens next on this host; null when nothing is under way, when something has become slow, or when the daemon dies
    /// (<see cref="IsCrashing"/>). Time passes with it.
    /// </summary>
    public VmmdInput? Next()
    {
        Now += random.OneIn(50) ? TimeSpan.FromSeconds(random.Next(20)) : TimeSpan.FromMilliseconds(random.Next(400));
        EndSomeTender();
        int due = _timers.FindIndex(timer => timer.Due <= Now);
        int late = _slow.FindIndex(slow => slow.Due <= Now);
        return random.Next(5) switch
        {
            0 when due >= 0 => Fire(due),
            1 when _ended.Count > 0 => TakeEnded(),
            2 when late >= 0 => Late(late),
            _ when _underWay.Count > 0 => Conclude(Take(_underWay), wasSlow: false),
            _ when _ended.Count > 0 => TakeEnded(),
            _ when due >= 0 => Fire(due),
            _ when late >= 0 => Late(late),
            _ when IsLateNearer => LateNearest(),
            _ when _timers.Count > 0 => FireNearest(),
            _ => null,
        };
    }

    private bool IsLateNearer => _slow.Count > 0 && (_timers.Count == 0 || _slow.Min(slow => slow.Due) < _timers.Min(timer => timer.Due));

    /// <summary>Whether nothing will happen without being asked.</summary>
    public bool IsIdle => _underWay.Count == 0 && _slow.Count == 0 && _ended.Count == 0 && _timers.Count == 0 && Tenders.Count == 0;

    // What the effect does here, and the input that says so.
    private VmmdInput Done(VmmdEffect effect) => effect switch
    {
        VmmdEffect.PrepareImage prepare => Prepared(prepare),
        VmmdEffect.CheckImage check => new VmmdInput.ImagePrepared(check.Name, check.Incarnation, check.Image),
        VmmdEffect.Store store => Stored(store),
        VmmdEffect.AttachDevices attach => AttachedTo(attach),
        VmmdEffect.OpenConsole open => Opened(open),
        VmmdEffect.StartTender start => Started(start),
        _ => BlockDone(effect),
    };

    private VmmdInput Failed(VmmdEffect effect, Refusal refusal) => effect switch
    {
        VmmdEffect.PrepareImage prepare => new VmmdInput.ImageRefused(prepare.Name, prepare.Incarnation, refusal),
        VmmdEffect.CheckImage check => NotGood(check, refusal),
        VmmdEffect.Store store => NotStored(store, refusal),
        VmmdEffect.AttachDevices attach => new VmmdInput.DevicesFailed(attach.Name, attach.Incarnation, refusal),
        VmmdEffect.OpenConsole open => new VmmdInput.ConsoleFailed(open.Name, open.Incarnation, refusal),
        VmmdEffect.StartTender start => new VmmdInput.TenderFailed(start.Name, start.Incarnation, refusal),
        _ => BlockFailed(effect, refusal),
    };

    private VmmdInput.ImagePrepared Prepared(VmmdEffect.PrepareImage prepare)
    {
        ImageId image = random.Pick<ImageId>(Images);
        _references[image] = Held(image) + 1;
        ImageFiles.Add(image);
        return new VmmdInput.ImagePrepared(prepare.Name, prepare.Incarnation, image);
    }

    private VmmdInput.ImageRefused NotGood(VmmdEffect.CheckImage check, Refusal refusal)
    {
        Release(check.Image);
        return new VmmdInput.ImageRefused(check.Name, check.Incarnation, refusal);
    }

    private void Release(ImageId image)
    {
        int left = Held(image) - 1;
        Require(left >= 0, $"image {image} was given back too often");
        _references[image] = left;
        if (left == 0)
        {
            ImageFiles.Remove(image);
        }
    }

    private VmmdInput.Stored Stored(VmmdEffect.Store store)
    {
        Disk = store.State;
        return new VmmdInput.Stored(store.Version);
    }

    // Only the last step may have failed: the new state is there, but nobody can be sure that it stays.
    private VmmdInput.StoreFailed NotStored(VmmdEffect.Store store, Refusal refusal)
    {
        if (Happens(chances.HalfStored))
        {
            Count(store, "half done");
            Disk = store.State;
        }

        return new VmmdInput.StoreFailed(store.Version, refusal);
    }

    private VmmdInput.DevicesAttached AttachedTo(VmmdEffect.AttachDevices attach)
    {
        Attached.Add(attach.Name, (attach.Incarnation, attach.Devices));
        return new VmmdInput.DevicesAttached(
            attach.Name,
            attach.Incarnation,
            [.. attach.Devices.Nets.Select(net => new TapOfDevice(net.Device, RawText.Of($"vmmtap{_lastTap++}")))]);
    }

    private void CheckAttach(VmmdEffect.AttachDevices attach)
    {
        Require(!attach.Devices.IsEmpty, $"nothing is to be attached to {attach.Name}");
        Require(!Attached.ContainsKey(attach.Name), $"{attach.Name} has devices already");
        Require(!Tenders.ContainsKey(attach.Name), $"{attach.Name} runs already");
        foreach (Name block in attach.Devices.Blocks.Select(block => block.Block))
        {
            bool isTaken = Attached.Values.Any(other => other.Order.Blocks.Any(theirs => theirs.Block == block));
            Require(!isTaken, $"{block} is attached twice");
        }
    }

    private VmmdInput.ConsoleOpened Opened(VmmdEffect.OpenConsole open)
    {
        _consolesRead.Add(open.Name);
        return new VmmdInput.ConsoleOpened(open.Name, open.Incarnation);
    }

    private int Held(ImageId image) => _references.GetValueOrDefault(image);

    private VmmdInput.TenderStarted Started(VmmdEffect.StartTender start)
    {
        Tenders.Add(start.Name, new SimulatedTender(
            start.Incarnation, ++_lastProcess, Now, start.Start, start.Origin, IgnoresTerminate: Happens(chances.Deaf)));
        return new VmmdInput.TenderStarted(start.Name, start.Incarnation, _lastProcess, Now);
    }

    private void CheckStart(VmmdEffect.StartTender start)
    {
        Require(!Tenders.ContainsKey(start.Name), $"{start.Name} runs already");
        Require(!IsUnderWay(start.Name), $"something for {start.Name} is under way already");
        bool ofThisStart = !Attached.TryGetValue(start.Name, out var attached) || attached.Incarnation == start.Incarnation;
        Require(ofThisStart, $"{start.Name} has the devices of an earlier start");
        Require(Held(start.Start.Image) > 0, $"the image of {start.Name} was given back");
        Require(Traces.Contains(start.Name) && IsRead(start.Name), $"nobody reads the console of {start.Name}");
    }

    // An image may be prepared for a name that runs: that is a force-create.
    private bool IsUnderWay(Name name) => UnderWay.Any(effect => effect switch
    {
        VmmdEffect.AttachDevices attach => attach.Name == name,
        VmmdEffect.OpenConsole open => open.Name == name,
        VmmdEffect.StartTender start => start.Name == name,
        _ => false,
    });

    private void Signal(VmmdEffect.SignalTender signal)
    {
        if (!Tenders.TryGetValue(signal.Name, out SimulatedTender? tender) || tender.Incarnation != signal.Incarnation)
        {
            return;   // it has ended meanwhile
        }

        if (signal.Signal == TenderSignal.Kill)
        {
            TimeSpan? grace = Now - tender.TerminatedAt;
            Require(grace >= VmmdSettings.Default.StopGrace, $"{signal.Name} was killed after {grace}");
            End(signal.Name, new ExitStatus.Signalled(9));
            return;
        }

        Require(tender.TerminatedAt is null, $"{signal.Name} was asked to end twice");
        Tenders[signal.Name] = tender with { TerminatedAt = Now };
        if (!tender.IgnoresTerminate)
        {
            End(signal.Name, new ExitStatus.Exited(1));
        }
    }

    private void EndSomeTender()
    {
        if (Tenders.Count > 0 && Happens(chances.End))
        {
            Name name = Tenders.Keys.ElementAt(random.Next(Tenders.Count));
            int[] codes = [0, 1, 2, 64, 255];
            End(name, random.Next(6) == 0 ? new ExitStatus.Signalled(11) : new ExitStatus.Exited(codes[random.Next(codes.Length)]));
        }
    }

    private void End(Name name, ExitStatus status)
    {
        Tenders.Remove(name, out SimulatedTender? tender);
        _consolesRead.Remove(name);
        ExitStatus told = tender!.IsAdopted && random.OneIn(2) ? new ExitStatus.Unknown() : status;
        _ended.Add(new VmmdInput.TenderExited(name, tender.Incarnation, told, Now));
    }

    private VmmdInput.TenderExited TakeEnded()
    {
        int index = random.Next(_ended.Count);
        VmmdInput.TenderExited ended = _ended[index];
        _ended.RemoveAt(index);
        return ended;
    }

    private VmmdInput.TimerFired Fire(int index)
    {
        VmmdEffect.WakeAfter wake = _timers[index].Wake;
        _timers.RemoveAt(index);
        return new VmmdInput.TimerFired(wake.Name, wake.Incarnation, wake.For);
    }

    private VmmdInput.TimerFired FireNearest()
    {
        DateTimeOffset nearest = _timers.Min(timer => timer.Due);
        Now = nearest;
        return Fire(_timers.FindIndex(timer => timer.Due == nearest));
    }

    private VmmdEffect Take(List<VmmdEffect> effects)
    {
        int index = random.Next(effects.Count);
        VmmdEffect effect = effects[index];
        effects.RemoveAt(index);
        return effect;
    }

    private VmmdInput? Late(int index)
    {
        VmmdEffect effect = _slow[index].Effect;
        _slow.RemoveAt(index);
        return Conclude(effect, wasSlow: true);
    }

    private VmmdInput? LateNearest()
    {
        DateTimeOffset nearest = _slow.Min(slow => slow.Due);
        Now = nearest;
        return Late(_slow.FindIndex(slow => slow.Due == nearest));
    }
}

/// <summary>A tender that runs.</summary>
internal sealed record SimulatedTender(
    long Incarnation,
    int ProcessId,
    DateTimeOffset Since,
    TenderStart Start,
    TenderOrigin Origin,
    bool IgnoresTerminate,
    DateTimeOffset? TerminatedAt = null,
    bool IsAdopted = false);
