using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;

namespace Albatross.Tests.Policy;

/// <summary>Who may take what (semantics, section 4; weak spot 16.1: every policy up to the root bounds a unikernel).</summary>
public sealed class AdmissionTests
{
    private static readonly ResourcePolicy Foo = PolicyOf(2, 100, [0, 1], "service", "web");

    [Theory]
    [InlineData(100, "0,1", "service,web", null)]
    [InlineData(1, "1", "", null)]
    [InlineData(101, "0", "", "maximum allowed memory (100, used 0) would be exceeded (requesting 101)")]
    [InlineData(1, "0,2,3", "", "CPUids 2,3 are not allowed by policy")]
    [InlineData(1, "0", "db,service", "bridges db not allowed by policy")]
    [InlineData(101, "2", "db", "maximum allowed memory (100, used 0) would be exceeded (requesting 101)")]
    [InlineData(100, "2", "db", "CPUids 2 are not allowed by policy")]
    public void A_policy_admits_what_fits_and_names_the_first_thing_that_does_not(
        long memoryMib, string cpuIds, string bridges, string? sentence)
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf("foo:"), Foo);

        Assert.Equal(sentence, tree.RefuseUnikernel(NameOf("foo:web"), DemandOf(memoryMib, cpuIds, bridges))?.Text);
    }

    [Fact]
    public void What_runs_is_counted()
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf("foo:"), Foo)
            .WithUnikernel(NameOf("foo:a"), DemandOf(60, "0", ""));

        Assert.Null(tree.RefuseUnikernel(NameOf("foo:web"), DemandOf(40, "0", "")));
        Refusal? tooMuch = tree.RefuseUnikernel(NameOf("foo:web"), DemandOf(41, "0", ""));
        Assert.Equal("maximum allowed memory (100, used 60) would be exceeded (requesting 41)", tooMuch?.Text);

        ResourceTree full = tree.WithUnikernel(NameOf("foo:b"), DemandOf(1, "0", ""));
        Refusal? tooMany = full.RefuseUnikernel(NameOf("foo:web"), DemandOf(1, "0", ""));
        Assert.Equal("maximum amount of unikernels (2) reached", tooMany?.Text);
        Assert.Equal((RefusalCode.PolicyExceeded, RefusalCode.PolicyExceeded), (tooMuch!.Code, tooMany!.Code));
    }

    [Fact]
    public void A_path_above_bounds_what_is_below_it_and_is_named()
    {
        ResourceTree tree = ResourceTree.Empty
            .WithPolicy(PathOf("foo:"), Foo)
            .WithPolicy(PathOf("foo:bar:"), Foo)
            .WithUnikernel(NameOf("foo:other:x"), DemandOf(60, "0", ""));

        Refusal? refusal = tree.RefuseUnikernel(NameOf("foo:bar:web"), DemandOf(41, "0", ""));

        Assert.Equal(
            new Refusal(
                RefusalCode.PolicyExceeded,
                "policy of foo: above: maximum allowed memory (100, used 60) would be exceeded (requesting 41)"),
            refusal);
    }

    [Fact]
    public void Sub_CAs_together_get_no_more_than_their_parent()
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf("foo:"), Foo);
        foreach (string child in new[] { "foo:a:", "foo:b:", "foo:c:" })
        {
            tree = tree.WithPolicy(PathOf(child), Foo);
        }

        tree = tree.WithUnikernel(NameOf("foo:a:x"), DemandOf(50, "0", "")).WithUnikernel(NameOf("foo:b:x"), DemandOf(50, "0", ""));

        Assert.Equal(
            "policy of foo: above: maximum amount of unikernels (2) reached",
            tree.RefuseUnikernel(NameOf("foo:c:x"), DemandOf(1, "0", ""))?.Text);
    }

    [Fact]
    public void Neighbours_and_paths_below_do_not_bound()
    {
        ResourceTree tree = ResourceTree.Empty
            .WithPolicy(PathOf("foo:bar:"), PolicyOf(0, 0, []))
            .WithPolicy(PathOf("fo:"), PolicyOf(0, 0, []))
            .WithPolicy(PathOf("foo:web:"), PolicyOf(0, 0, []));

        Assert.Null(tree.RefuseUnikernel(NameOf("foo:web"), DemandOf(1, "0", "")));
    }

    [Fact]
    public void A_name_is_given_once()
    {
        ResourceTree tree = ResourceTree.Empty.WithUnikernel(NameOf("foo:web"), DemandOf(1, "0", ""));

        Assert.Equal(
            new Refusal(RefusalCode.AlreadyExists, "unikernel with same name already exists"),
            tree.RefuseUnikernel(NameOf("foo:web"), DemandOf(1, "0", "")));
        Assert.Throws<ArgumentException>(() => tree.WithUnikernel(NameOf("foo:web"), DemandOf(1, "0", "")));
    }

    [Theory]
    [InlineData("foo:bar:", "foo:")]
    [InlineData("foo:bar:baz:", "foo:")]
    [InlineData("foo:bar:baz:", "foo:bar:")]
    public void A_policy_stays_within_every_policy_above_it(string path, string above)
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf(above), Foo);

        Assert.Null(tree.RefusePolicy(PathOf(path), Foo));
        Assert.Equal(
            new Refusal(RefusalCode.PolicyConflict, "policy above allows 2 unikernels, which is fewer than 3"),
            tree.RefusePolicy(PathOf(path), Foo with { Unikernels = 3 }));
    }

    [Fact]
    public void A_policy_may_exceed_the_host_and_its_neighbours()
    {
        ResourcePolicy small = PolicyOf(1, 1, [0]);
        ResourceTree tree = ResourceTree.Empty.WithPolicy(NamePath.Root, small).WithPolicy(PathOf("fo:"), small);

        Assert.Null(tree.RefusePolicy(PathOf("foo:"), Foo));
    }

    [Theory]
    [InlineData("foo:")]
    [InlineData(":")]
    public void A_policy_contains_every_policy_below_it(string path)
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf("foo:bar:baz:"), Foo);

        Assert.Null(tree.RefusePolicy(PathOf(path), Foo));
        Assert.Equal(
            "policy above allows 99 MB memory, which is fewer than 100 MB",
            tree.RefusePolicy(PathOf(path), Foo with { MemoryMib = 99 })?.Text);
    }

    [Fact]
    public void A_policy_is_not_compared_with_the_one_whose_place_it_takes()
    {
        ResourceTree tree = ResourceTree.Empty.WithPolicy(PathOf("foo:"), Foo);

        Assert.Null(tree.RefusePolicy(PathOf("foo:"), PolicyOf(0, 0, [])));
        Assert.Null(tree.RefusePolicy(PathOf("foo:"), PolicyOf(9, 999, [0, 1, 2], "other")));
    }

    [Theory]
    [InlineData(2, 100, "0,1", "service,web", null)]
    [InlineData(2, 100, "0,2", "service,web", "policy does not allow CPUids 1")]
    [InlineData(2, 100, "0,1", "service", "policy allows bridges service, which is not a superset of service, web")]
    [InlineData(1, 100, "0,1", "service,web", "unikernel would exceed running unikernel limit set by policy to 1, running 2")]
    [InlineData(2, 99, "0,1", "service,web", "unikernel would exceed running memory limit set by policy to 99 MB, used 100 MB")]
    public void A_policy_covers_what_runs_at_and_below_its_path(
        long unikernels, long memoryMib, string cpuIds, string bridges, string? sentence)
    {
        ResourceTree tree = ResourceTree.Empty
            .WithUnikernel(NameOf("foo:a"), DemandOf(60, "0", "service"))
            .WithUnikernel(NameOf("foo:bar:b"), DemandOf(40, "1", "web"))
            .WithUnikernel(NameOf("fo:other"), DemandOf(4096, "7", "other"));
        var policy = new ResourcePolicy(unikernels, Cpus(cpuIds), memoryMib, BlockMib: null, Bridges(bridges));

        Assert.Equal(sentence, tree.RefusePolicy(PathOf("foo:"), policy)?.Text);
    }

    [Theory]
    [InlineData(2, 100, "0", "service", 10L, null)]
    [InlineData(0, 0, "", "", null, null)]
    [InlineData(3, 100, "0", "service", 10L, "policy above allows 2 unikernels, which is fewer than 3")]
    [InlineData(2, 101, "0", "service", 10L, "policy above allows 100 MB memory, which is fewer than 101 MB")]
    [InlineData(2, 100, "0,2,5", "service", 10L, "policy above does not allow CPUids 2,5")]
    [InlineData(2, 100, "0", "db,service", 10L, "policy above allows bridge(s) service, which is not a superset of db, service")]
    [InlineData(2, 100, "0", "service", 11L, "policy above allows 10 MB block storage, which is fewer than 11 MB")]
    public void Within_a_parent_means_every_bound_is(
        long unikernels, long memoryMib, string cpuIds, string bridges, long? blockMib, string? sentence)
    {
        var parent = new ResourcePolicy(2, new([0, 1]), 100, BlockMib: 10, Bridges("service"));
        var child = new ResourcePolicy(unikernels, Cpus(cpuIds), memoryMib, blockMib, Bridges(bridges));

        Assert.Equal(sentence, child.WithinParent(parent)?.Text);
    }

    [Fact]
    public void A_parent_without_block_storage_allows_none()
    {
        ResourcePolicy child = Foo with { BlockMib = 1 };

        Assert.Equal(
            new Refusal(RefusalCode.PolicyConflict, "policy above allows 0 MB block storage, which is fewer than 1 MB"),
            child.WithinParent(Foo));
        Assert.NotNull((Foo with { BlockMib = 0 }).WithinParent(Foo));
        Assert.Null(Foo.WithinParent(child));
    }

    [Theory]
    [InlineData(1, "0", null)]
    [InlineData(4096, "0", null)]
    [InlineData(0, "0", "memory must be 1 to 4096 MB, not 0 MB")]
    [InlineData(4097, "0", "memory must be 1 to 4096 MB, not 4097 MB")]
    [InlineData(long.MinValue, "0", "memory must be 1 to 4096 MB, not -9223372036854775808 MB")]
    [InlineData(32, "", "CPUids may not be empty")]
    public void A_demand_has_memory_and_CPUs(long memoryMib, string cpuIds, string? sentence)
    {
        var settings = new UnikernelSettings(new FailBehaviour.Quit(), null, true, Cpus(cpuIds), memoryMib, [], [], null);

        Assert.Equal(sentence is null, Demand.TryOf(NameOf("foo:web"), settings, out _, out Refusal? refusal));
        Assert.Equal(sentence, refusal?.Text);
    }

    [Fact]
    public void A_demand_has_the_bridges_that_the_interfaces_join()
    {
        var settings = new UnikernelSettings(
            new FailBehaviour.Quit(),
            null,
            true,
            new([0]),
            32,
            [],
            [new NetAttachment(RawText.Of("mgmt"), null, null), new NetAttachment(RawText.Of("service"), RawText.Of("br0"), null)],
            null);

        Assert.True(Demand.TryOf(NameOf("foo:web"), settings, out Demand? demand, out _));
        Assert.Equal(DemandOf(32, "0", "br0,mgmt") with { Addresses = demand.Addresses }, demand);
    }

    [Fact]
    public void An_address_belongs_to_one_on_its_bridge_until_the_last_that_has_it_is_gone()
    {
        BridgeAddress address = new(RawText.Of("br0"), new MacAddress(1)), elsewhere = address with { Bridge = RawText.Of("br1") };
        Demand first = DemandOf(1, "0", "") with { Addresses = new([address]) };
        ResourceTree tree = ResourceTree.Empty.WithUnikernel(NameOf("foo:a"), first).WithUnikernel(NameOf("foo:left"), first);

        Assert.Equal(
            new Refusal(RefusalCode.AlreadyExists, "the address 00:00:00:00:00:01 is in use on bridge br0: give another one"),
            tree.WithoutUnikernel(NameOf("foo:left")).RefuseUnikernel(NameOf("bar:web"), first));
        Assert.Null(tree.RefuseUnikernel(NameOf("bar:web"), first with { Addresses = new([elsewhere]) }));
        Assert.Null(tree.WithoutUnikernel(NameOf("foo:left")).WithoutUnikernel(NameOf("foo:a")).RefuseUnikernel(NameOf("bar:web"), first));
    }

    [Fact]
    public void Two_interfaces_of_a_unikernel_have_two_addresses_on_one_bridge()
    {
        var mac = new MacAddress(0x0200_0000_0001);
        NetAttachment one = new(RawText.Of("a"), RawText.Of("br0"), mac), two = new(RawText.Of("b"), RawText.Of("br0"), mac);
        var settings = new UnikernelSettings(new FailBehaviour.Quit(), null, true, new([0]), 32, [], [one, two], null);

        Assert.False(Demand.TryOf(NameOf("foo:web"), settings, out _, out Refusal? refusal));
        Assert.Equal("the address 02:00:00:00:00:01 is in use on bridge br0: give another one", refusal.Text);
        Assert.True(Demand.TryOf(NameOf("foo:web"), settings with { Nets = [one, two with { Bridge = RawText.Of("br1") }] }, out _, out _));
    }

    [Fact]
    public void A_block_device_must_exist_in_the_path_and_belong_to_nobody()
    {
        ResourceTree tree = ResourceTree.Empty
            .WithBlockDevice(NameOf("foo:data"), 4)
            .WithBlockDevice(NameOf("bar:other"), 4);
        Demand data = DemandOf(1, "0", "") with { Blocks = new([NameOf("foo:data")]) };
        Demand other = DemandOf(1, "0", "") with { Blocks = new([NameOf("foo:other")]) };

        Assert.Null(tree.RefuseUnikernel(NameOf("foo:web"), data));
        Assert.Equal(
            new Refusal(RefusalCode.NotFound, "block device foo:other not found"), tree.RefuseUnikernel(NameOf("foo:web"), other));
        Assert.Equal(
            new Refusal(RefusalCode.Busy, "block device foo:data already in use"),
            tree.WithUnikernel(NameOf("foo:db"), data).RefuseUnikernel(NameOf("foo:web"), data));
    }

    [Theory]
    [InlineData("data", null, "foo:data", null)]
    [InlineData("storage", "Data", "foo:data", null)]
    [InlineData("data", "../etc", null, "block device ../etc: invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("data", "bar:data", null, "block device bar:data: invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("data", "", null, "block device : invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    public void A_block_device_is_one_of_the_unikernels_own_path(string device, string? host, string? name, string? sentence)
    {
        var block = new BlockAttachment(RawText.Of(device), host is null ? null : RawText.Of(host), SectorSize: null);

        bool named = Demand.TryNameBlock(PathOf("foo:"), block, out Name found, out Refusal? refusal);

        Assert.Equal((name, sentence), (named ? found.ToString() : null, refusal?.Text));
    }

    [Fact]
    public void One_block_device_cannot_be_two_devices_of_a_unikernel()
    {
        var settings = new UnikernelSettings(
            new FailBehaviour.Quit(),
            null,
            true,
            new([0]),
            32,
            [new BlockAttachment(RawText.Of("a"), RawText.Of("data"), null), new BlockAttachment(RawText.Of("data"), null, null)],
            [],
            null);

        Assert.False(Demand.TryOf(NameOf("foo:web"), settings, out _, out Refusal? refusal));
        Assert.Equal("block device foo:data is attached twice", refusal.Text);
    }

    [Fact]
    public void Two_demands_of_which_one_runs_are_covered_by_the_larger_memory_and_both_sets() =>
        Assert.Equal(DemandOf(64, "0,1", "a,b"), DemandOf(64, "0", "a").Or(DemandOf(32, "0,1", "b")));

    private static ResourcePolicy PolicyOf(long unikernels, long memoryMib, long[] cpuIds, params string[] bridges) =>
        new(unikernels, new(cpuIds), memoryMib, BlockMib: null, Bridges(string.Join(',', bridges)));

    private static Demand DemandOf(long memoryMib, string cpuIds, string bridges) => new(memoryMib, Cpus(cpuIds), Bridges(bridges));

    private static ValueSet<long> Cpus(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse));

    private static ValueSet<RawText> Bridges(string text) => new(text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(RawText.Of));

    private static NamePath PathOf(string text) => NameOf(text).Path;

    private static Name NameOf(string text) => Name.TryParse(text, out Name name, out _) ? name : throw new ArgumentException(text);
}
