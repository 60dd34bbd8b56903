using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>Every verdict of vmmd beside that of <see cref="ReferenceAdmission"/>.</summary>
internal sealed partial class VmmdSimulation
{
    private static void CheckVerdict(VmmdState before, VmmdInput.CommandReceived received, ImmutableArray<VmmdEffect> effects)
    {
        if (before.Stopping)
        {
            return;
        }

        Name name = received.From.Header.Name;
        Unikernel? existing = before.Unikernels.GetValueOrDefault(name);
        string? why = received.Command switch
        {
            Command.UnikernelCreate { Conflict: OnConflict.Refuse } when existing is not null => "it is there",
            Command.UnikernelCreate or Command.UnikernelRestart when existing is { IsBusy: true } => "it is busy",
            Command.UnikernelCreate create => WhyNot(before, name, create.Config.Settings),
            Command.UnikernelRestart when existing is null => "it is not there",
            Command.UnikernelRestart restart => WhyNot(before, name, restart.Settings ?? existing.Settings),
            Command.PolicyAdd add => WhyNot(before, [new(name, add.Policy)]),
            Command.PolicyAddAll add => WhyNot(before, add.Policies),
            Command.BlockAdd add => ReferenceOf(before).WhyNotBlock(name, add.SizeMib),
            Command.BlockOldAdd add => ReferenceOf(before).WhyNotBlock(name, add.SizeMib),
            Command.BlockDump { Level: > 9 } => "there is no such level",
            Command.BlockRemove or Command.BlockSet or Command.BlockDump or Command.BlockOldDump => WhyNotWork(before, name),
            _ => null,
        };
        bool isJudged = received.Command is Command.UnikernelCreate or Command.UnikernelRestart or Command.PolicyAdd
            or Command.PolicyAddAll or Command.BlockAdd or Command.BlockOldAdd or Command.BlockRemove or Command.BlockSet
            or Command.BlockDump or Command.BlockOldDump;
        if (isJudged)
        {
            string? refusal = effects.OfType<VmmdEffect.Reply>()
                .Where(reply => reply.To == received.From)
                .Select(reply => (reply.Answer as Reply.Failure)?.Text.ToString())
                .FirstOrDefault();
            Require(why is null == refusal is null, $"vmmd says \"{refusal ?? "yes"}\", by the rules it is: {why ?? "yes"}");
        }
    }

    private static string? WhyNot(VmmdState before, Name name, UnikernelSettings settings)
    {
        var others = before.Unikernels.Values.Where(unikernel => unikernel.Name != name).ToList();
        bool hasTwin = settings.Nets.Any(net => others.Exists(other => SettingsOf(before, other)
            .SelectMany(theirs => theirs.Nets)
            .Any(theirs => theirs.HostBridge == net.HostBridge && AddressOf(other.Name, theirs) == AddressOf(name, net))));
        return hasTwin ? "another has its address" : WhyNotAdmitted(before, name, settings);
    }

    private static MacAddress AddressOf(Name name, NetAttachment net) =>
        net.Mac is null || net.Mac.Value.Value == 0 ? BridgeMac.Of(net.Name, name) : net.Mac.Value;

    private static string? WhyNotAdmitted(VmmdState before, Name name, UnikernelSettings settings) =>
        settings.MemoryMib is < 1 or > 4096 || settings.CpuIds.Count == 0
            ? "no unikernel can have that memory or those CPUs"
            : settings.Blocks.Any(block => before.BlockWork.ContainsKey(BlockOf(name, block))) ? "a command works on its block device"
            : ReferenceOf(before).WhyNotUnikernel(
                name,
                settings.MemoryMib,
                settings.CpuIds,
                settings.Nets.Select(net => net.Bridge ?? net.Name),
                settings.Blocks.Select(block => BlockOf(name, block)));

    // All or none: each that is new is judged as if all were there.
    private static string? WhyNot(VmmdState before, ImmutableArray<Entry<ResourcePolicy>> added)
    {
        var changed = added.Where(entry => before.Resources.Policies.GetValueOrDefault(entry.Name.Path) != entry.Value).ToList();
        int more = changed.Count(entry => !before.Resources.Policies.ContainsKey(entry.Name.Path));
        if (more > 0 && before.Resources.Policies.Count + more > Settings.MaxPolicies)
        {
            return "no more policies are taken";
        }

        ReferenceAdmission reference = ReferenceOf(before, Reserved.ByAll, changed);
        return changed.Select(entry => reference.WhyNotPolicy(entry.Name.Path, entry.Value)).FirstOrDefault(why => why is not null);
    }

    private static string? WhyNotWork(VmmdState before, Name block) =>
        !before.Resources.BlockDevices.ContainsKey(block) ? "it is not there"
            : before.BlockWork.ContainsKey(block) ? "a command works on it"
            : ReferenceOf(before).HasOwner(block) ? "a unikernel has it"
            : null;

    /// <summary>What is reserved, by the unikernels themselves: each with what may take its place, and with what may come back.</summary>
    private static ReferenceAdmission ReferenceOf(
        VmmdState state, Reserved reserved = Reserved.ByAll, IReadOnlyList<Entry<ResourcePolicy>>? changed = null)
    {
        var reference = new ReferenceAdmission();
        foreach ((NamePath path, ResourcePolicy policy) in state.Resources.Policies)
        {
            if (changed?.Any(entry => entry.Name.Path == path) != true)
            {
                reference.AddPolicy(path, policy);
            }
        }

        foreach (Entry<ResourcePolicy> entry in changed ?? [])
        {
            reference.AddPolicy(entry.Name.Path, entry.Value);
        }

        foreach (Unikernel unikernel in state.Unikernels.Values)
        {
            List<UnikernelSettings> all = SettingsOf(state, unikernel);
            if (unikernel.IsOutdated && reserved == Reserved.ByWhatIsWanted)
            {
                all.RemoveAt(0);
            }

            if (all.Count == 0)
            {
                continue;
            }

            reference.AddUnikernel(
                unikernel.Name,
                all.Max(settings => settings.MemoryMib),
                all.SelectMany(settings => settings.CpuIds),
                all.SelectMany(settings => settings.Nets, (_, net) => net.Bridge ?? net.Name),
                all.SelectMany(settings => settings.Blocks, (_, block) => BlockOf(unikernel.Name, block)));
        }

        foreach ((Name name, long sizeMib) in state.Resources.BlockDevices)
        {
            reference.AddBlock(name, sizeMib);
        }

        return reference;
    }

    // What it runs with, what may take its place, and what may come back.
    private static List<UnikernelSettings> SettingsOf(VmmdState state, Unikernel unikernel)
    {
        bool comesBack = unikernel.OnTrial || unikernel.IsOutdated;
        UnikernelSettings? wanted = comesBack ? state.Desired.GetValueOrDefault(unikernel.Name)?.Settings : null;
        return [.. new[] { unikernel.Settings, unikernel.Replacement?.Settings, wanted }.OfType<UnikernelSettings>()];
    }

    /// <summary>Whose reservations count.</summary>
    private enum Reserved
    {
        /// <summary>Everything that is there, as for an admission.</summary>
        ByAll = 0,

        /// <summary>Not what an earlier daemon has left and nobody wants: its policies may be gone, and it is being ended.</summary>
        ByWhatIsWanted = 1,
    }

    private static Name BlockOf(Name owner, BlockAttachment block) =>
        owner with { Label = NameOf((block.HostDevice ?? block.Name).ToString()).Label };
}
