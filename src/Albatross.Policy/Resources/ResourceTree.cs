using Albatross.Policy.Names;
using Albatross.Policy.Policies;

namespace Albatross.Policy.Resources;

/// <summary>
/// Policies, the unikernels that they bound and the block devices of the host, in one immutable value. The usage of every path is kept
/// with it, so that an admission looks at the path and its ancestors only.
/// </summary>
/// <example><code>
/// ResourceTree tree = ResourceTree.Empty.WithPolicy(path, policy);
/// if (tree.RefuseUnikernel(name, demand) is null) { tree = tree.WithUnikernel(name, demand); }
/// </code></example>
public sealed record ResourceTree
{
    /// <summary>Nothing is known and nothing runs.</summary>
    public static readonly ResourceTree Empty = new();

    private ResourceTree() { }

    /// <summary>The stored policies, ascending by path.</summary>
    public ImmutableSortedDictionary<NamePath, ResourcePolicy> Policies { get; private init; } =
        ImmutableSortedDictionary<NamePath, ResourcePolicy>.Empty;

    /// <summary>What the admitted unikernels take, ascending by name.</summary>
    public ImmutableSortedDictionary<Name, Demand> Unikernels { get; private init; } = ImmutableSortedDictionary<Name, Demand>.Empty;

    /// <summary>The block devices of the host and their sizes in MiB, ascending by name.</summary>
    public ImmutableSortedDictionary<Name, long> BlockDevices { get; private init; } = ImmutableSortedDictionary<Name, long>.Empty;

    private ImmutableDictionary<NamePath, Usage> UsageByPath { get; init; } = ImmutableDictionary<NamePath, Usage>.Empty;

    // How many have it. More than one can only be what earlier daemons left.
    private ImmutableDictionary<Name, int> BlockOwners { get; init; } = ImmutableDictionary<Name, int>.Empty;

    private ImmutableDictionary<BridgeAddress, int> AddressOwners { get; init; } = ImmutableDictionary<BridgeAddress, int>.Empty;

    /// <summary>What <paramref name="path"/> and everything below it uses.</summary>
    public Usage UsageOf(NamePath path) => UsageByPath.GetValueOrDefault(path);

    /// <summary>
    /// The tree with <paramref name="policy"/> at <paramref name="path"/>; ask <see cref="Admission.RefusePolicy"/> before.
    /// </summary>
    public ResourceTree WithPolicy(NamePath path, ResourcePolicy policy) => this with { Policies = Policies.SetItem(path, policy) };

    /// <summary>The tree without a policy at <paramref name="path"/>.</summary>
    public ResourceTree WithoutPolicy(NamePath path) => this with { Policies = Policies.Remove(path) };

    /// <summary>
    /// The tree with the block device <paramref name="name"/> of <paramref name="sizeMib"/> MiB; ask <see cref="Admission.RefuseBlock"/>
    /// before.
    /// </summary>
    /// <exception cref="ArgumentException">A block device of that name is in the tree.</exception>
    public ResourceTree WithBlockDevice(Name name, long sizeMib)
    {
        if (BlockDevices.ContainsKey(name))
        {
            throw new ArgumentException($"{name} is in the tree", nameof(name));
        }

        return this with
        {
            BlockDevices = BlockDevices.Add(name, sizeMib),
            UsageByPath = With(name.Path, new Usage(0, 0, sizeMib)),
        };
    }

    /// <summary>The tree without the block device <paramref name="name"/>; unchanged when there is none.</summary>
    public ResourceTree WithoutBlockDevice(Name name) => BlockDevices.TryGetValue(name, out long sizeMib)
        ? this with { BlockDevices = BlockDevices.Remove(name), UsageByPath = Without(name.Path, new Usage(0, 0, sizeMib)) }
        : this;

    /// <summary>Whether a unikernel has the block device <paramref name="name"/>, or is to get it.</summary>
    public bool IsInUse(Name name) => BlockOwners.ContainsKey(name);

    /// <summary>Whether a unikernel has <paramref name="address"/>, or is to get it.</summary>
    public bool IsInUse(BridgeAddress address) => AddressOwners.ContainsKey(address);

    /// <summary>The tree with one unikernel more; ask <see cref="Admission.RefuseUnikernel"/> before.</summary>
    /// <exception cref="ArgumentException">A unikernel of that name is in the tree.</exception>
    public ResourceTree WithUnikernel(Name name, Demand demand)
    {
        if (Unikernels.ContainsKey(name))
        {
            throw new ArgumentException($"{name} is in the tree", nameof(name));   // Add takes an equal demand twice, the sums would not
        }

        return this with
        {
            Unikernels = Unikernels.Add(name, demand),
            UsageByPath = With(name.Path, new Usage(1, demand.MemoryMib)),
            BlockOwners = OneMore(BlockOwners, demand.Blocks),
            AddressOwners = OneMore(AddressOwners, demand.Addresses),
        };
    }

    /// <summary>The tree without the unikernel <paramref name="name"/>; unchanged when there is none.</summary>
    public ResourceTree WithoutUnikernel(Name name) => Unikernels.TryGetValue(name, out Demand? demand)
        ? this with
        {
            Unikernels = Unikernels.Remove(name),
            UsageByPath = Without(name.Path, new Usage(1, demand.MemoryMib)),
            BlockOwners = OneLess(BlockOwners, demand.Blocks),
            AddressOwners = OneLess(AddressOwners, demand.Addresses),
        }
        : this;

    private static ImmutableDictionary<T, int> OneMore<T>(ImmutableDictionary<T, int> owners, ValueSet<T> owned)
        where T : IComparable<T> =>
        owned.Aggregate(owners, (counts, one) => counts.SetItem(one, counts.GetValueOrDefault(one) + 1));

    private static ImmutableDictionary<T, int> OneLess<T>(ImmutableDictionary<T, int> owners, ValueSet<T> owned)
        where T : IComparable<T> =>
        owned.Aggregate(owners, (counts, one) => counts[one] == 1 ? counts.Remove(one) : counts.SetItem(one, counts[one] - 1));

    private ImmutableDictionary<NamePath, Usage> With(NamePath path, Usage more) => path.SelfAndAncestors().Aggregate(
        UsageByPath, (usage, each) => usage.SetItem(each, usage.GetValueOrDefault(each) + more));

    private ImmutableDictionary<NamePath, Usage> Without(NamePath path, Usage less)
    {
        ImmutableDictionary<NamePath, Usage>.Builder usage = UsageByPath.ToBuilder();
        foreach (NamePath each in path.SelfAndAncestors())
        {
            Usage rest = usage[each] - less;
            if (rest == default)
            {
                usage.Remove(each);
            }
            else
            {
                usage[each] = rest;
            }
        }

        return usage.ToImmutable();
    }
}
