using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;
using static Albatross.Orchestration.Simulation.Requirement;

namespace Albatross.Orchestration.Simulation;

/// <summary>What outlives a daemon.</summary>
internal sealed partial class SimulatedHost
{
    /// <summary>
    /// The daemon is killed, or has left. What was under way has happened or has not; tenders run on, and some end while none is there.
    /// What the next one finds on the disk and on the host, when it has removed what belongs to nobody.
    /// </summary>
    public VmmdInput.Restored Crash()
    {
        IsCrashing = false;
        foreach (VmmdEffect effect in UnderWay.ToList())
        {
            CutBy(effect);
        }

        foreach (Name name in Tenders.Keys.Where(_ => random.OneIn(4)).ToList())
        {
            Tenders.Remove(name);
        }

        _underWay.Clear();
        _slow.Clear();
        _timers.Clear();
        _ended.Clear();
        _references.Clear();
        Sampled.Clear();
        Answers.Clear();
        _givenUp.Clear();
        TimesFinished = 0;
        ImmutableArray<FoundTender> found = Survivors();
        foreach (ImageId image in Disk.Unikernels.Values.Concat(found.Select(one => one.Origin.Of)).Select(wanted => wanted.Image))
        {
            Require(ImageFiles.Contains(image), $"image {image} is wanted or runs, but its file is gone");
            _references[image] = Held(image) + 1;
        }

        foreach (Name block in Disk.Unikernels.SelectMany(wanted => Demand.Of(wanted.Key, wanted.Value.Settings).Blocks))
        {
            Require(Blocks.ContainsKey(block), $"block device {block} is one of a unikernel that is wanted, but it is gone");
        }

        ImageFiles.IntersectWith(_references.Keys);   // the next daemon removes what nobody wants
        return new VmmdInput.Restored(Disk, found);
    }

    // Nobody knows any more what was said to them, or when.
    private ImmutableArray<FoundTender> Survivors()
    {
        foreach ((Name name, SimulatedTender tender) in Tenders)
        {
            Tenders[name] = tender with { TerminatedAt = null, IsAdopted = true };
        }

        foreach (Name name in Attached.Keys.Where(name => !Tenders.ContainsKey(name)).ToList())
        {
            Attached.Remove(name);
        }

        Traces.IntersectWith(Tenders.Keys);
        _consolesRead.IntersectWith(random.OneIn(2) ? [] : Tenders.Keys);   // the console service may have died too
        return
        [
            .. Tenders.Select(entry => new FoundTender(
                entry.Key, entry.Value.Incarnation, entry.Value.ProcessId, entry.Value.Since, entry.Value.Origin)),
        ];
    }
}
