using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;

namespace Albatross.Orchestration.Simulation;

/// <summary>
/// Admission once more, as the rules read (semantics, sections 3 and 4, with every ancestor instead of one path): lists of everything,
/// looked through and summed up for each question. Shares no code with the orchestrator's own, which it judges.
/// </summary>
internal sealed class ReferenceAdmission
{
    private readonly List<(string Path, ResourcePolicy Policy)> _policies = [];
    private readonly List<Taken> _unikernels = [];
    private readonly List<(string Path, string Name, long SizeMib)> _blocks = [];

    public void AddPolicy(NamePath path, ResourcePolicy policy) => _policies.Add((TextOf(path), policy));

    public void AddUnikernel(Name name, long memoryMib, IEnumerable<long> cpus, IEnumerable<RawText> bridges, IEnumerable<Name> blocks) =>
        _unikernels.Add(new Taken(
            TextOf(name.Path),
            name.ToString(),
            memoryMib,
            [.. cpus],
            [.. bridges.Select(bridge => bridge.ToString())],
            [.. blocks.Select(block => block.ToString())]));

    public void AddBlock(Name name, long sizeMib) => _blocks.Add((TextOf(name.Path), name.ToString(), sizeMib));

    /// <summary>Null when the unikernel fits beside all others, else the rule that is in the way.</summary>
    public string? WhyNotUnikernel(
        Name name, long memoryMib, IEnumerable<long> cpus, IEnumerable<RawText> bridges, IEnumerable<Name> blocks)
    {
        var others = _unikernels.Where(other => other.Name != name.ToString()).ToList();
        foreach ((string at, ResourcePolicy policy) in _policies.Where(entry => IsBelow(TextOf(name.Path), entry.Path)))
        {
            var below = others.Where(other => IsBelow(other.Path, at)).ToList();
            string? reason = below.Count + 1 > policy.Unikernels ? $"{at} has {below.Count} unikernels of {policy.Unikernels}"
                : Sum(below) + memoryMib > policy.MemoryMib ? $"{at} has not enough memory"
                : cpus.Any(cpu => !policy.CpuIds.Contains(cpu)) ? $"{at} has not all CPUs"
                : bridges.Any(bridge => !policy.Bridges.Contains(bridge)) ? $"{at} has not all bridges"
                : null;
            if (reason is not null)
            {
                return reason;
            }
        }

        foreach (string block in blocks.Select(block => block.ToString()))
        {
            string? reason = _blocks.TrueForAll(known => known.Name != block) ? $"there is no {block}"
                : others.Exists(other => other.Blocks.Contains(block)) ? $"{block} has an owner"
                : null;
            if (reason is not null)
            {
                return reason;
            }
        }

        return null;
    }

    /// <summary>Null when the policy may be set at the path, else the rule that is in the way.</summary>
    public string? WhyNotPolicy(NamePath path, ResourcePolicy policy)
    {
        string at = TextOf(path);
        foreach ((string other, ResourcePolicy known) in _policies.Where(entry => entry.Path != at))
        {
            // The root's policy is the host's: a certificate may name more than this host has.
            if (IsBelow(at, other) && other.Length > 0 && !Fits(policy, known))
            {
                return $"it is more than {other} has";
            }

            if (IsBelow(other, at) && !Fits(known, policy))
            {
                return $"{other} has more";
            }
        }

        var below = _unikernels.Where(unikernel => IsBelow(unikernel.Path, at)).ToList();
        return below.Count > policy.Unikernels ? "more unikernels are there"
            : Sum(below) > policy.MemoryMib ? "more memory is used"
            : below.Exists(unikernel => unikernel.Cpus.Exists(cpu => !policy.CpuIds.Contains(cpu))) ? "other CPUs are used"
            : below.Exists(unikernel => unikernel.Bridges.Exists(on => !policy.Bridges.Contains(RawText.Of(on)))) ? "other bridges are used"
            : SumOfBlocks(at) > (policy.BlockMib ?? 0) ? "more block space is used"
            : null;
    }

    /// <summary>Null when the block device may be made, else the rule that is in the way.</summary>
    public string? WhyNotBlock(Name name, long sizeMib)
    {
        if (sizeMib is <= 0 or > 16L * 1024 * 1024 || _blocks.Exists(known => known.Name == name.ToString()))
        {
            return "its size or name is none to be had";
        }

        foreach ((string at, ResourcePolicy policy) in _policies.Where(entry => IsBelow(TextOf(name.Path), entry.Path)))
        {
            Int128 used = SumOfBlocks(at);
            if (policy.BlockMib is not { } most || used + sizeMib > most)
            {
                return $"{at} has not enough block space";
            }
        }

        return null;
    }

    /// <summary>Whether a unikernel has the block device or is to get it.</summary>
    public bool HasOwner(Name block) => _unikernels.Exists(unikernel => unikernel.Blocks.Contains(block.ToString()));

    /// <summary>Null when no policy is exceeded anywhere, else by what.</summary>
    public string? WhatIsExceeded()
    {
        foreach ((string at, ResourcePolicy policy) in _policies)
        {
            var below = _unikernels.Where(unikernel => IsBelow(unikernel.Path, at)).ToList();
            if (below.Count > policy.Unikernels)
            {
                return $"{below.Count} unikernels are below {at}, which has {policy.Unikernels}";
            }

            Int128 memory = Sum(below);
            if (memory > policy.MemoryMib)
            {
                return $"{memory} MiB are used below {at}, which has {policy.MemoryMib}";
            }

            if (below.Find(unikernel => unikernel.Cpus.Exists(cpu => !policy.CpuIds.Contains(cpu))) is { } stray)
            {
                return $"{stray.Name} may use a CPU that {at} has not";
            }

            if (below.Find(unikernel => unikernel.Bridges.Exists(bridge => !policy.Bridges.Contains(RawText.Of(bridge)))) is { } on)
            {
                return $"{on.Name} may use a bridge that {at} has not";
            }

            if (SumOfBlocks(at) > (policy.BlockMib ?? 0))
            {
                return $"the block devices below {at} have {SumOfBlocks(at)} MiB, which has {policy.BlockMib}";
            }
        }

        return null;
    }

    private static bool Fits(ResourcePolicy child, ResourcePolicy parent) =>
        child.Unikernels <= parent.Unikernels
        && child.MemoryMib <= parent.MemoryMib
        && child.CpuIds.All(cpu => parent.CpuIds.Contains(cpu))
        && child.Bridges.All(bridge => parent.Bridges.Contains(bridge))
        && (child.BlockMib is null || child.BlockMib <= parent.BlockMib);

    private static Int128 Sum(List<Taken> unikernels)
    {
        Int128 sum = 0;
        unikernels.ForEach(unikernel => sum += unikernel.MemoryMib);
        return sum;
    }

    private Int128 SumOfBlocks(string at)
    {
        Int128 sum = 0;
        _blocks.ForEach(block => sum += IsBelow(block.Path, at) ? block.SizeMib : 0);
        return sum;
    }

    // Every label ends with ':' and the root is empty, so what is below begins with what is above.
    private static string TextOf(NamePath path) => path.IsRoot ? "" : path.ToString();

    private static bool IsBelow(string path, string ancestor) => path.StartsWith(ancestor, StringComparison.Ordinal);

    private sealed record Taken(
        string Path, string Name, long MemoryMib, List<long> Cpus, List<string> Bridges, List<string> Blocks);
}
