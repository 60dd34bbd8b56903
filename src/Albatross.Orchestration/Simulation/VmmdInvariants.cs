using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Solo5.Launch;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>What holds after every step of vmmd, whatever the host and the users do. Slow and simple on purpose.</summary>
internal static class VmmdInvariants
{
    /// <param name="state">The state after the step.</param>
    /// <param name="host">The host after the step's effects.</param>
    /// <param name="paths">Every path that the simulation knows.</param>
    public static void Check(VmmdState state, SimulatedHost host, ImmutableArray<NamePath> paths)
    {
        UsageIsTheSumOfWhatIsAdmitted(state, paths);
        NoPolicyIsExceeded(state, host);
        ImagesHeldAreImagesReferenced(state, host);
        EveryTenderIsKnown(state, host);
        DevicesAreThoseOfTheirUnikernel(state, host);
        BlockDevicesAreThoseOfTheHost(state, host);
        NothingHasTwoOwners(state, host);
        PhasesAreWhole(state);
        WhatIsWantedIsKnown(state);
    }

    private static void BlockDevicesAreThoseOfTheHost(VmmdState state, SimulatedHost host)
    {
        int added = 0;
        foreach ((Name name, BlockWork work) in state.BlockWork)
        {
            added += work.Task == BlockTask.Add ? 1 : 0;
            Require(!state.Resources.IsInUse(name), $"{name} is worked on while a unikernel has it");
        }

        bool areKnown = state.Resources.BlockDevices.Count - added == host.Blocks.Count;
        Require(areKnown, "block devices are known that are not there, or not known");
        foreach ((Name name, long sizeMib) in host.Blocks)
        {
            Require(state.Resources.BlockDevices.GetValueOrDefault(name) == sizeMib, $"{name} is not as it is known");
        }
    }

    private static void WhatIsWantedIsKnown(VmmdState state)
    {
        Require(state.Stopping || state.Desired.Keys.All(state.Unikernels.ContainsKey), "something is wanted and forgotten");
        bool isUnderWay = state.Storing.InFlight != 0;
        Require(isUnderWay || state.Storing.IsComplete, "a change is not being stored");
        Require(state.Storing.Held.All(held => held.Version > state.Storing.Done), "an answer waits for what is stored");
        bool waits = state.Unikernels.Values.Any(unikernel => unikernel.IsOutdated);
        Require(state.Stopping || waits || !state.Boot.IsNextDue, "the next level is not started");
        bool begins = state.Unikernels.Values.Any(unikernel => state.Boot.UnderWay.Contains(unikernel.Name));
        Require(!waits || !begins, "something is started while what it may replace still runs");
    }

    private static void DevicesAreThoseOfTheirUnikernel(VmmdState state, SimulatedHost host)
    {
        foreach ((Name name, (long incarnation, DeviceOrder order)) in host.Attached)
        {
            Unikernel? unikernel = state.Unikernels.GetValueOrDefault(name);
            Require(unikernel?.Incarnation == incarnation && unikernel.Attached is not null, $"devices of {name} have outlived it");
            bool areReserved = order.Blocks.All(block => state.Resources.Unikernels[name].Blocks.Contains(block.Block));
            Require(areReserved, $"{name} does not reserve its block devices");
        }

        int attached = state.Unikernels.Values.Count(unikernel => unikernel.Attached is not null);
        Require(attached == host.Attached.Count, $"{attached} have devices by the state, {host.Attached.Count} by the host");
        foreach (Unikernel unikernel in state.Unikernels.Values.Where(one => one.Process is not null || one.Phase is Phase.Starting))
        {
            bool wants = unikernel.Settings.Nets.Length + unikernel.Settings.Blocks.Length > 0;
            Require(wants == unikernel.Attached is not null, $"{unikernel.Name} runs without its devices");
        }

        var claims = state.Unikernels.Values.Select(one => ClaimOf(state, one)).OfType<Demand>();
        var blocks = claims.SelectMany(claim => claim.Blocks).ToList();
        Require(blocks.Count == blocks.Distinct().Count(), "a block device is promised to two");
    }

    // Of those that run: an address is one on its bridge, a user belongs to one process, a tap and a block device to one start.
    private static void NothingHasTwoOwners(VmmdState state, SimulatedHost host)
    {
        var addresses = new HashSet<BridgeAddress>();
        var users = new HashSet<UnikernelUser>();
        var taps = new HashSet<RawText>();
        var blocks = new HashSet<Name>();
        foreach ((Name name, SimulatedTender tender) in host.Tenders)
        {
            Require(users.Add(UnikernelUser.OfStart(tender.Incarnation)), $"{name} runs as the user of another");
            foreach (NetAttachment net in state.Unikernels[name].Settings.Nets)
            {
                Require(addresses.Add(BridgeAddress.Of(name, net)), $"{name} has the address of another on its bridge");
            }
        }

        foreach (Unikernel unikernel in state.Unikernels.Values)
        {
            foreach (TapOfDevice tap in unikernel.Attached ?? [])
            {
                Require(taps.Add(tap.Tap), $"{unikernel.Name} has the tap of another");
            }
        }

        foreach (BlockOrder block in host.Attached.Values.SelectMany(attached => attached.Order.Blocks))
        {
            Require(blocks.Add(block.Block), $"block device {block.Block} is attached twice");
        }
    }

    private static void UsageIsTheSumOfWhatIsAdmitted(VmmdState state, ImmutableArray<NamePath> paths)
    {
        Require(state.Resources.Unikernels.Count == state.Unikernels.Count, "the tree and the state hold different unikernels");
        foreach (Unikernel unikernel in state.Unikernels.Values)
        {
            Demand reserved = state.Resources.Unikernels[unikernel.Name];
            bool coversWanted = unikernel.OnTrial || unikernel.IsOutdated;
            long wanted = coversWanted ? state.Desired.GetValueOrDefault(unikernel.Name)?.Settings.MemoryMib ?? 0 : 0;
            long memoryMib = Math.Max(unikernel.Settings.MemoryMib, Math.Max(unikernel.Replacement?.Settings.MemoryMib ?? 0, wanted));
            Require(reserved.MemoryMib == memoryMib, $"{unikernel.Name} reserves {reserved.MemoryMib} MiB, not {memoryMib}");
            Require(unikernel.Settings.CpuIds.IsSubsetOf(reserved.CpuIds), $"{unikernel.Name} does not reserve its CPUs");
            bool bridges = unikernel.Settings.Nets.All(net => reserved.Bridges.Contains(net.HostBridge));
            Require(bridges, $"{unikernel.Name} does not reserve its bridges");
        }

        foreach (NamePath path in paths)
        {
            long unikernels = 0, memoryMib = 0;
            foreach ((Name name, Demand demand) in state.Resources.Unikernels)
            {
                (unikernels, memoryMib) = name.Path.IsAtOrBelow(path)
                    ? (unikernels + 1, memoryMib + demand.MemoryMib)
                    : (unikernels, memoryMib);
            }

            long blockMib = state.Resources.BlockDevices.Where(entry => entry.Key.Path.IsAtOrBelow(path)).Sum(entry => entry.Value);
            var sum = new Usage(unikernels, memoryMib, blockMib);
            Require(state.Resources.UsageOf(path) == sum, $"usage of {path} is {state.Resources.UsageOf(path)}, the sum is {sum}");
        }
    }

    // What is outdated was admitted by another daemon, under policies that may not have been stored: it is ended before anything starts.
    private static Demand? ClaimOf(VmmdState state, Unikernel unikernel) => !unikernel.IsOutdated
        ? state.Resources.Unikernels[unikernel.Name]
        : state.Desired.TryGetValue(unikernel.Name, out DesiredUnikernel? wanted) ? Demand.Of(unikernel.Name, wanted.Settings) : null;

    private static Usage ClaimedBelow(VmmdState state, NamePath path) => state.Unikernels.Values
        .Where(unikernel => unikernel.Name.Path.IsAtOrBelow(path))
        .Select(unikernel => ClaimOf(state, unikernel))
        .OfType<Demand>()
        .Aggregate(
            new Usage(0, 0, state.Resources.UsageOf(path).BlockMib), (sum, claim) => sum + new Usage(1, claim.MemoryMib));

    private static void NoPolicyIsExceeded(VmmdState state, SimulatedHost host)
    {
        foreach ((NamePath path, ResourcePolicy policy) in state.Resources.Policies)
        {
            Usage used = ClaimedBelow(state, path);
            bool isWithin = used.Unikernels <= policy.Unikernels
                && used.MemoryMib <= policy.MemoryMib
                && used.BlockMib <= (policy.BlockMib ?? 0);
            Require(isWithin, $"policy of {path} is exceeded by {used}");
            long tenders = 0, memoryMib = 0;
            foreach ((Name name, SimulatedTender tender) in host.Tenders)
            {
                if (name.Path.IsAtOrBelow(path) && !state.Unikernels[name].IsOutdated)
                {
                    (tenders, memoryMib) = (tenders + 1, memoryMib + tender.Start.MemoryMib);
                    Require(tender.Start.CpuIds.IsSubsetOf(policy.CpuIds), $"{name} runs on a CPU that {path} may not use");
                    Require(
                        state.Unikernels[name].Settings.Nets.All(net => policy.Bridges.Contains(net.HostBridge)),
                        $"{name} is on a bridge that {path} may not use");
                }
            }

            bool fits = tenders <= policy.Unikernels && memoryMib <= policy.MemoryMib;
            Require(fits, $"{tenders} tenders of {memoryMib} MiB run below {path}");
        }
    }

    private static void ImagesHeldAreImagesReferenced(VmmdState state, SimulatedHost host)
    {
        var held = state.Unikernels.Values
            .SelectMany(unikernel => new[] { unikernel.Image, unikernel.Replacement?.Image })
            .Concat(state.Desired.Values.Select(wanted => wanted.Image))
            .Concat(state.Storing.Forgotten.Select(forgotten => forgotten.Image))
            .OfType<ImageId>()
            .ToList();
        Require(held.Count == host.References, $"{held.Count} images are held, {host.References} referenced");
        foreach (IGrouping<ImageId, ImageId> image in held.GroupBy(image => image))
        {
            Require(host.ReferencesOf(image.Key) == image.Count(), $"references of image {image.Key} do not balance");
        }
    }

    private static void EveryTenderIsKnown(VmmdState state, SimulatedHost host)
    {
        foreach ((Name name, SimulatedTender tender) in host.Tenders)
        {
            Unikernel? unikernel = state.Unikernels.GetValueOrDefault(name);
            bool isKnown = unikernel?.Process?.ProcessId == tender.ProcessId && unikernel.Incarnation == tender.Incarnation;
            Require(isKnown, $"the tender of {name} is not known");
            Require(host.IsRead(name), $"nobody reads the console of {name}");
            Require(tender.TerminatedAt is null || unikernel!.Phase is Phase.Stopping, $"{name} was told to end, but is not ending");
            bool isWatched = tender.TerminatedAt is null || host.WillKill(name, tender.Incarnation);
            Require(isWatched, $"{name} was told to end, and nobody looks whether it does");
        }

        var running = state.Unikernels.Values.Where(unikernel => unikernel.Process is not null).ToList();
        Require(
            running.Count == host.Sampled.Count
                && running.TrueForAll(unikernel => host.Sampled.GetValueOrDefault(unikernel.Name) == unikernel.Process!.Value.ProcessId),
            "the statistics service was told something else than what runs");
        Require(host.Traces.All(state.Unikernels.ContainsKey), "a FIFO has outlived its unikernel");
    }

    private static void PhasesAreWhole(VmmdState state)
    {
        foreach (Unikernel unikernel in state.Unikernels.Values)
        {
            var text = (unikernel.Name, unikernel.Phase);
            bool hasImage = unikernel.Phase is not (Phase.Preparing or Phase.Queued or Phase.WaitingToRestart);
            Require(unikernel.Image is not null || !hasImage, $"{text} has no image");
            bool waits = unikernel.Process is null || unikernel.OnTrial || state.Stopping || unikernel.Destroyers.Length > 0;
            Require(unikernel.Creator is null || waits, $"{text}: its creator still waits");
            Require(unikernel.Creator is not null || !unikernel.OnTrial, $"{text} is on trial for nobody");
            bool isWanted = unikernel.Creator is not null || state.Desired.ContainsKey(unikernel.Name);
            Require(isWanted || unikernel.IsOutdated, $"{text}: nobody wants it");
            Require(!unikernel.IsOutdated || unikernel.Phase is Phase.Stopping, $"{text} is not wanted so and not ended");
            bool awaited = unikernel.IsOutdated || unikernel.Destroyers.Length > 0 || unikernel.Replacement?.Image is not null
                || state.Stopping;
            bool runsOn = state is { Stopping: true, LeavesRunning: true } && unikernel.Destroyers.IsEmpty && !unikernel.IsOutdated;
            Require(unikernel.Phase is not Phase.Running || !awaited || runsOn, $"{text} runs on although it is to end");
            Require(unikernel.Phase is not Phase.Stopping || awaited, $"{text}: nobody asked for its end");
            Require(!state.Stopping || unikernel.Phase is not (Phase.WaitingToRestart or Phase.Queued), $"{text} while the daemon stops");
        }
    }
}
