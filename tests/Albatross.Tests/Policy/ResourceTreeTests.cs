using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Resources;

namespace Albatross.Tests.Policy;

/// <summary>The usage that is kept with the tree is the sum of what is in it.</summary>
public sealed class ResourceTreeTests
{
    private static readonly Name[] Names =
        [.. new[] { ":a", ":foo", "foo:a", "foo:b", "foo:bar:a", "foo:bar:baz:a", "fo:a" }.Select(NameOf)];

    [Fact]
    public void A_unikernel_counts_at_its_path_and_at_every_path_above()
    {
        ResourceTree tree = ResourceTree.Empty.WithUnikernel(NameOf("foo:bar:web"), DemandOf(32));

        Assert.Equal(new Usage(1, 32), tree.UsageOf(PathOf("foo:bar:")));
        Assert.Equal(new Usage(1, 32), tree.UsageOf(PathOf("foo:")));
        Assert.Equal(new Usage(1, 32), tree.UsageOf(NamePath.Root));
        Assert.Equal(default, tree.UsageOf(PathOf("foo:bar:web:")));
        Assert.Equal(default, tree.UsageOf(PathOf("bar:")));
    }

    [Fact]
    public void After_any_additions_and_removals_the_usage_is_the_sum()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            ResourceTree tree = ResourceTree.Empty;
            for (int step = 0; step < 60; step++)
            {
                Name name = Names[random.Next(Names.Length)];
                tree = tree.Unikernels.ContainsKey(name)
                    ? tree.WithoutUnikernel(name)
                    : tree.WithUnikernel(name, DemandOf(random.Next(1, 100)));
                foreach (NamePath path in Names.SelectMany(each => each.Path.SelfAndAncestors()))
                {
                    var below = tree.Unikernels.Where(entry => entry.Key.Path.IsAtOrBelow(path)).ToList();
                    var sum = new Usage(below.Count, below.Sum(entry => entry.Value.MemoryMib));
                    Assert.True(tree.UsageOf(path) == sum, $"seed {seed}, step {step}, {path}: {tree.UsageOf(path)}, not {sum}");
                }
            }
        }
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        ResourceTree tree = ResourceTree.Empty.WithUnikernel(NameOf("foo:web"), DemandOf(32));

        Assert.Same(tree, tree.WithoutUnikernel(NameOf("foo:db")));
    }

    [Fact]
    public void A_tree_is_a_value()
    {
        ResourceTree before = ResourceTree.Empty.WithUnikernel(NameOf("foo:web"), DemandOf(32));

        before.WithoutUnikernel(NameOf("foo:web")).WithUnikernel(NameOf("foo:db"), DemandOf(64));

        Assert.Equal(new Usage(1, 32), before.UsageOf(NamePath.Root));
    }

    private static Demand DemandOf(long memoryMib) => new(memoryMib, new ValueSet<long>([0]), default);

    private static NamePath PathOf(string text) => NameOf(text).Path;

    private static Name NameOf(string text) => Name.TryParse(text, out Name name, out _) ? name : throw new ArgumentException(text);
}
