using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The unikernel commands: create, force-create, restart, destroy, info, get.</summary>
public static partial class VmmdStep
{
    // NAME_MAX of Linux: FIFO and record are called by the name.
    private const int MaxNameLength = 255;

    private static readonly Refusal Busy = new(
        RefusalCode.Busy, "another command on this unikernel is being carried out: try again when it has ended");

    /// <summary>
    /// Why no policy and no host could ever let a unikernel run like this: its name, type, numbers, devices or boot arguments. Null when
    /// there is no such reason. What another daemon stored is looked at by this before it is wanted here.
    /// </summary>
    public static Refusal? RefuseEverywhere(Name name, UnikernelConfig config) =>
        RefuseNameAndType(name, config.Type) ?? RefuseSettings(name, config.Settings, out _);

    private static void Create(Turn turn, Requester from, Command.UnikernelCreate create)
    {
        Name name = from.Header.Name;
        Unikernel? existing = turn.Find(name);
        if (RefuseCreate(turn, name, create, existing) is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        UnikernelConfig config = create.Config;
        UnikernelSettings settings = config.Settings.Detached();   // what is kept must not keep the image that came with it
        var demand = Demand.Of(name, settings);
        long incarnation = turn.NextIncarnation();
        turn.Put(existing is null
            ? new Unikernel(name, incarnation, config.Type, settings, demand, Image: null, new Phase.Preparing(), from, [])
            : existing with { Replacement = new Replacement(incarnation, config.Type, settings, demand, Image: null, from) });
        turn.Do(new VmmdEffect.PrepareImage(name, incarnation, config));
    }

    private static Refusal? RefuseCreate(Turn turn, Name name, Command.UnikernelCreate create, Unikernel? existing)
    {
        if (RefuseNameAndType(name, create.Config.Type) is { } refusal)
        {
            return refusal;
        }

        if (existing is not null && create.Conflict == OnConflict.Refuse)
        {
            return new Refusal(RefusalCode.AlreadyExists, "Unikernel with same name is already running");
        }

        return existing is { IsBusy: true } ? Busy : RefuseSettings(turn, name, create.Config.Settings, out _);
    }

    private static Refusal? RefuseSettings(Turn turn, Name name, UnikernelSettings settings, out Demand? demand) =>
        RefuseSettings(name, settings, out demand)
        ?? turn.State.Resources.WithoutUnikernel(name).RefuseUnikernel(name, demand!)
        ?? RefuseBusyBlocks(turn.State, demand!);

    private static Refusal? RefuseSettings(Name name, UnikernelSettings settings, out Demand? demand)
    {
        demand = null;
        if (RefuseDevices(settings) is { } unfit)
        {
            return unfit;
        }

        return Demand.TryOf(name, settings, out demand, out Refusal? refusal)
            && GuestCommandLine.TryJoin(name, settings, out _, out refusal)
            ? null
            : refusal;
    }

    private static Refusal? RefuseNameAndType(Name name, ImageType type)
    {
        if (name.Label is null)
        {
            return new Refusal(RefusalCode.InvalidName, $"a unikernel needs a name, and {name} is a path");
        }

        if (name.ToString().Length > MaxNameLength)
        {
            return new Refusal(RefusalCode.InvalidName,
                $"a unikernel's name has at most {MaxNameLength} characters: files are called by it");
        }

        return type == ImageType.Solo5
            ? null
            : new Refusal(RefusalCode.InvalidImage, "bhyve unikernels do not run on Linux: give a Solo5 image");
    }

    // The same image with its own settings or others. As a force-create, it is checked before the one that runs is touched.
    private static void Restart(Turn turn, Requester from, UnikernelSettings? settings)
    {
        Name name = from.Header.Name;
        if (turn.Find(name) is not { } unikernel)
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotFound, "destroy: not found"));   // the original's words, also here
            return;
        }

        if (unikernel.IsBusy)
        {
            turn.Refuse(from, Busy);
            return;
        }

        UnikernelSettings next = settings?.Detached() ?? unikernel.Settings;
        if (RefuseSettings(turn, name, next, out Demand? demand) is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        long incarnation = turn.NextIncarnation();
        turn.Put(unikernel with { Replacement = new Replacement(incarnation, unikernel.Type, next, demand!, Image: null, from) });
        turn.Do(new VmmdEffect.CheckImage(name, incarnation, turn.State.Desired[name].Image, next));
    }

    private static void Destroy(Turn turn, Requester from)
    {
        if (turn.Find(from.Header.Name) is not { } unikernel)
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotFound, "destroy: not found"));
            return;
        }

        Unikernel doomed = unikernel with { Destroyers = unikernel.Destroyers.Add(from) };
        if (doomed.IsWaiting)
        {
            Gone(turn, doomed, "destroyed: removed from restarting");
            return;
        }

        turn.Put(doomed);
        if (doomed.Phase is Phase.Running running)
        {
            Terminate(turn, doomed, running);
        }
    }

    private static void Get(Turn turn, Requester from, long level)
    {
        if (!turn.State.Desired.TryGetValue(from.Header.Name, out DesiredUnikernel? wanted))
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotFound, "get: no unikernel found"));
        }
        else if (level is < 0 or > 9)
        {
            turn.Refuse(from, new Refusal(RefusalCode.InvalidValue, $"a compression level is 0 to 9, not {level}"));
        }
        else
        {
            turn.Do(new VmmdEffect.SendImage(from, wanted.Image, (int)level));
        }
    }

    private static void Info(Turn turn, Requester from, InfoForm form)
    {
        Name asked = from.Header.Name;
        if (asked.Label is not null && turn.Find(asked) is { Process: null } absent && turn.State.Desired.ContainsKey(asked))
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotRunning, WhyAbsent(turn.State, absent)));
            return;
        }

        var entries = MeantBy(asked, turn.State.Unikernels)
            .Where(entry => entry.Value.Process is not null)
            .Select(entry => new Entry<UnikernelInfo>(Shown(entry.Key, asked), Describe(turn.State.Resources, entry.Value)));
        turn.Answer(from, new Reply.Unikernels(form, [.. entries]));
    }

    // A path means what is at and below it, in the order of replies; a name means that one only, and is looked up.
    private static IEnumerable<KeyValuePair<Name, T>> MeantBy<T>(Name asked, ImmutableSortedDictionary<Name, T> all)
    {
        if (asked.Label is null)
        {
            return all.Where(entry => entry.Key.Path.IsAtOrBelow(asked.Path)).OrderBy(entry => entry.Key.Node, ReplyOrder.Instance);
        }

        return all.TryGetValue(asked, out T? one) ? [KeyValuePair.Create(asked, one)] : [];
    }

    // Names are relative to a path that was asked for.
    private static Name Shown(Name name, Name asked) => asked.Label is null ? name.RelativeTo(asked.Path) : name;

    // The original has nothing to say of what it does not run, and its reply no place for it.
    private static string WhyAbsent(VmmdState state, Unikernel unikernel)
    {
        string reason = unikernel switch
        {
            _ when IsCrashLoop(state, unikernel) => CrashLoop(unikernel),
            { LastEnd: { } end } => $"the last time, {end}",
            _ => "it has not had its turn yet",
        };
        return $"{unikernel.Name} is wanted, does not run now, and is being started: {reason}";
    }

    private static UnikernelInfo Describe(ResourceTree resources, Unikernel unikernel) => new(
        unikernel.Type,
        unikernel.Settings.Startup,
        unikernel.Settings.FailBehaviour,
        unikernel.Settings.CpuIds,
        unikernel.Settings.MemoryMib,
        Convert.FromHexString(unikernel.Image!.Sha256),
        DescribeBlocks(resources, unikernel),
        DescribeNets(unikernel),
        unikernel.Settings.Arguments,
        unikernel.Process!.Value.Since,
        unikernel.Settings.Cpus,
        unikernel.Settings.LinuxBootPartition);
}
