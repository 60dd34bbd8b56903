using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>The unikernel commands: create, force-create, destroy, info.</summary>
public static partial class VmmdStep
{
    // NAME_MAX of Linux: FIFO and record are called by the name.
    private const int MaxNameLength = 255;

    private static void Create(Turn turn, Requester from, Command.UnikernelCreate create)
    {
        Name name = from.Header.Name;
        Unikernel? existing = turn.Find(name);
        if (RefuseCreate(turn, name, create, existing, out Demand? demand) is { } refusal)
        {
            turn.Refuse(from, refusal);
            return;
        }

        UnikernelConfig config = create.Config;
        UnikernelSettings settings = config.Settings.Detached();   // what is kept must not keep the image that came with it
        Demand kept = demand! with { Bridges = settings.HostBridges };
        long incarnation = turn.NextIncarnation();
        if (existing is { Phase: Phase.Running })
        {
            turn.Put(existing with { Replacement = new Replacement(incarnation, config.Type, settings, kept, Image: null, from) });
        }
        else
        {
            if (existing?.Image is { } image)
            {
                turn.Do(new VmmdEffect.ReleaseImage(image));   // it was waiting to restart: the new one takes its place at once
            }

            turn.Put(new Unikernel(name, incarnation, config.Type, settings, kept, Image: null, new Phase.Preparing(), from, []));
        }

        turn.Do(new VmmdEffect.PrepareImage(name, incarnation, config));
    }

    private static Refusal? RefuseCreate(
        Turn turn, Name name, Command.UnikernelCreate create, Unikernel? existing, out Demand? demand)
    {
        demand = null;
        if (name.Label is null)
        {
            return new Refusal(RefusalCode.InvalidName, $"a unikernel needs a name, and {name} is a path");
        }

        if (name.ToString().Length > MaxNameLength)
        {
            return new Refusal(RefusalCode.InvalidName,
                $"a unikernel's name has at most {MaxNameLength} characters: files are called by it");
        }

        if (create.Config.Type != ImageType.Solo5)
        {
            return new Refusal(RefusalCode.InvalidImage, "bhyve unikernels do not run on Linux: give a Solo5 image");
        }

        if (existing is not null && create.Conflict == OnConflict.Refuse)
        {
            return new Refusal(RefusalCode.AlreadyExists, "Unikernel with same name is already running");
        }

        if (existing is { Phase: not (Phase.Running or Phase.WaitingToRestart) } or { Replacement: not null })
        {
            return new Refusal(RefusalCode.Busy, "another command on this unikernel is being carried out: try again when it has ended");
        }

        if (RefuseDevices(create.Config.Settings) is { } unfit)
        {
            return unfit;
        }

        if (!Demand.TryOf(name.Path, create.Config.Settings, out demand, out Refusal? refusal)
            || !GuestCommandLine.TryJoin(name, create.Config.Settings, out _, out refusal))
        {
            return refusal;
        }

        return turn.State.Resources.WithoutUnikernel(name).RefuseUnikernel(name, demand);
    }

    private static void Destroy(Turn turn, Requester from)
    {
        if (turn.Find(from.Header.Name) is not { } unikernel)
        {
            turn.Refuse(from, new Refusal(RefusalCode.NotFound, "destroy: not found"));
            return;
        }

        if (unikernel.Phase is Phase.WaitingToRestart)
        {
            Forget(turn, unikernel);
            turn.Answer(from, Reply.Success.Of("destroyed: removed from restarting"));
            return;
        }

        Unikernel doomed = unikernel with { Destroyers = unikernel.Destroyers.Add(from) };
        turn.Put(doomed);
        if (doomed.Phase is Phase.Running running)
        {
            Terminate(turn, doomed, running);
        }
    }

    private static void Info(Turn turn, Requester from, InfoForm form)
    {
        Name asked = from.Header.Name;
        var entries = turn.State.Unikernels.Values
            .Where(unikernel => unikernel.Process is not null)
            .Where(unikernel => asked.Label is null ? unikernel.Name.Path.IsAtOrBelow(asked.Path) : unikernel.Name == asked)
            .OrderBy(unikernel => unikernel.Name.Node, ReplyOrder.Instance)
            .Select(unikernel => new Entry<UnikernelInfo>(
                asked.Label is null ? unikernel.Name.RelativeTo(asked.Path) : asked, Describe(turn.State.Resources, unikernel)));
        turn.Answer(from, new Reply.Unikernels(form, [.. entries]));
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
        unikernel.Process!.Value.Since);
}
