using System.Text;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>The block commands of vmmd. At the beginning there are ":disk" of 4 MiB, "foo:disk" of 4 and "foo:other" of 8.</summary>
public sealed class BlockCommandTests
{
    private readonly VmmdScript _vmmd = new();

    [Fact]
    public void An_added_block_device_counts_at_once_and_is_seen_when_it_is_there()
    {
        Assert.Equal(["make block bar:data of 3 MiB"], _vmmd.Ask(7, "bar:data", new Command.BlockAdd(3)));
        Assert.Equal(3, _vmmd.BlockMibOf("bar:"));
        Assert.Equal(["answer 8: blocks []"], _vmmd.Ask(8, "bar:", new Command.BlockInfo()));

        Assert.Equal(["answer 7: added block device"], Done("bar:data"));
        Assert.Equal(["answer 9: blocks [:data=3]"], _vmmd.Ask(9, "bar:", new Command.BlockInfo()));
    }

    [Fact]
    public void A_block_device_is_made_when_the_policies_that_allow_it_are_on_the_disk()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.AddPolicy(7, "bar:", VmmdScript.Policy(1, 32, [0]) with { BlockMib = 3 });

        Assert.Empty(vmmd.Ask(8, "bar:data", new Command.BlockAdd(3)));
        Assert.Equal(3, vmmd.BlockMibOf("bar:"));
        Assert.Equal(["answer 7: added policy (stays open)", "make block bar:data of 3 MiB"], vmmd.Stored(1));
    }

    [Fact]
    public void A_block_device_whose_policies_cannot_be_stored_is_not_made()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.AddPolicy(7, "bar:", VmmdScript.Policy(1, 32, [0]) with { BlockMib = 3 });
        vmmd.Ask(8, "bar:data", new Command.BlockAdd(3));

        Assert.Contains(
            "refuse 8: what it waited for could not be stored: no space", vmmd.StoreFailed(1, "no space"));
        Assert.Equal(0, vmmd.BlockMibOf("bar:"));
        Assert.Empty(vmmd.Stored(1));
    }

    [Fact]
    public void A_daemon_that_stops_makes_no_block_device_that_waits_for_the_disk()
    {
        var vmmd = new VmmdScript { StoresAtOnce = false };
        vmmd.AddPolicy(7, "bar:", VmmdScript.Policy(1, 32, [0]) with { BlockMib = 3 });
        vmmd.Ask(8, "bar:data", new Command.BlockAdd(3));

        Assert.Equal(["refuse 8: the daemon is stopping"], vmmd.ShutDown());
        Assert.Equal(["answer 7: added policy (stays open)", "finished"], vmmd.Stored(1));
    }

    [Fact]
    public void A_block_device_that_cannot_be_made_counts_no_longer()
    {
        _vmmd.Ask(7, "bar:data", new Command.BlockAdd(3));

        Assert.Equal(["refuse 7: file already exists"], Failed("bar:data", "file already exists"));
        Assert.Equal(0, _vmmd.BlockMibOf("bar:"));
        Assert.Equal(["refuse 8: set block: not found"], _vmmd.Ask(8, "bar:data", new Command.BlockSet(Compressed: false)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_block_device_has_at_least_one_mebibyte_and_nothing_is_left_of_a_smaller_one(long sizeMib)
    {
        Assert.Equal(
            [$"refuse 7: overflow while computing bytes: a block device has 1 to 16777216 MB, not {sizeMib}"],
            _vmmd.Ask(7, "bar:data", new Command.BlockAdd(sizeMib)));
        Assert.Equal(["make block bar:data of 1 MiB"], _vmmd.Ask(8, "bar:data", new Command.BlockAdd(1)));
    }

    [Fact]
    public void The_largest_number_of_the_wire_overflows_nothing()
    {
        _vmmd.AddPolicy(7, "bar:", VmmdScript.Policy(1, 1, [0]) with { BlockMib = long.MaxValue });
        Assert.StartsWith(
            "refuse 8: policy of : above: block device policy limit of 20 MB (used 16 MB) would be exceeded",
            Assert.Single(_vmmd.Ask(8, "bar:data", new Command.BlockAdd(long.MaxValue))));
    }

    [Fact]
    public void A_second_block_device_of_the_same_name_is_refused_also_while_the_first_is_made()
    {
        Assert.Equal(["refuse 7: block device with same name already exists"], _vmmd.Ask(7, "foo:disk", new Command.BlockAdd(1)));
        _vmmd.Ask(8, "bar:data", new Command.BlockAdd(1));

        Assert.Equal(["refuse 9: block device with same name already exists"], _vmmd.Ask(9, "bar:data", new Command.BlockAdd(1)));
    }

    [Fact]
    public void Block_devices_must_fit_the_policy_of_their_path_and_of_every_path_above()
    {
        _vmmd.AddPolicy(7, "foo:", VmmdScript.Policy(1, 1, [0]) with { BlockMib = 14 });
        _vmmd.AddPolicy(8, "foo:bar:", VmmdScript.Policy(1, 1, [0]) with { BlockMib = 9 });

        Assert.Equal(
            ["refuse 9: block device policy limit of 9 MB (used 0 MB) would be exceeded by the request (10 MB)"],
            _vmmd.Ask(9, "foo:bar:data", new Command.BlockAdd(10)));
        Assert.Equal(
            ["refuse 10: policy of foo: above: block device policy limit of 14 MB (used 12 MB) would be exceeded by the request (3 MB)"],
            _vmmd.Ask(10, "foo:bar:data", new Command.BlockAdd(3)));
        Assert.Equal(["make block foo:bar:data of 2 MiB"], _vmmd.Ask(11, "foo:bar:data", new Command.BlockAdd(2)));
    }

    [Fact]
    public void A_path_whose_policy_has_no_block_storage_gets_no_block_device()
    {
        _vmmd.AddPolicy(7, "bar:", VmmdScript.Policy(1, 1, [0]) with { BlockMib = null });

        Assert.Equal(["refuse 8: no block devices are allowed by policy"], _vmmd.Ask(8, "bar:data", new Command.BlockAdd(1)));
        Assert.Equal(
            ["refuse 9: policy of bar: above: no block devices are allowed by policy"],
            _vmmd.Ask(9, "bar:sub:data", new Command.BlockAdd(1)));
    }

    [Fact]
    public void The_old_form_of_add_makes_it_with_its_content_at_once()
    {
        var add = new Command.BlockOldAdd(1, Compressed: false, Encoding.UTF8.GetBytes("abcd"));

        Assert.Equal(["make block bar:data of 1 MiB with 4 bytes"], _vmmd.Ask(7, "bar:data", add));
        Assert.Equal(["answer 7: added block device"], Done("bar:data"));
    }

    [Fact]
    public void More_data_than_the_block_device_has_is_refused_before_anything_is_done()
    {
        var add = new Command.BlockOldAdd(1, Compressed: false, new byte[(1 << 20) + 1]);
        Assert.Equal(["refuse 7: data exceeds block size: 1048577 bytes for 1 MB"], _vmmd.Ask(7, "bar:data", add));

        var set = new Command.BlockOldSet(Compressed: false, new byte[(4 << 20) + 1]);
        Assert.Equal(["refuse 8: data exceeds block size: 4194305 bytes for 4 MB"], _vmmd.Ask(8, "foo:disk", set));
    }

    [Fact]
    public void The_content_is_set_from_the_stream_of_the_one_who_asked()
    {
        Assert.Equal(["fill block foo:disk of 4 MiB with a stream"], _vmmd.Ask(7, "foo:disk", new Command.BlockSet(Compressed: true)));
        Assert.Equal(["answer 7: set block device"], Done("foo:disk"));
    }

    [Fact]
    public void A_dump_is_answered_by_its_stream_alone()
    {
        Assert.Equal(["answer 7: block foo:disk, level 9"], _vmmd.Ask(7, "foo:disk", new Command.BlockDump(9)));
        Assert.Equal([], Done("foo:disk"));
        Assert.Equal(["answer 8: block foo:disk, level 0, at once"], _vmmd.Ask(8, "foo:disk", new Command.BlockOldDump(0)));
        Assert.Equal([], Failed("foo:disk", "its reader is gone"));
    }

    [Fact]
    public void What_is_too_large_for_one_answer_is_dumped_as_a_stream_only()
    {
        var vmmd = new VmmdScript(VmmdSettings.Default with { MaxWholeDumpMib = 7 });

        Assert.Equal(
            ["refuse 7: dump block: 8 MB are too much for one answer, which has at most 7 MB: use a client that takes a stream"],
            vmmd.Ask(7, "foo:other", new Command.BlockOldDump(0)));
        Assert.Equal(["answer 8: block foo:other, level 0"], vmmd.Ask(8, "foo:other", new Command.BlockDump(0)));
    }

    [Fact]
    public void A_removed_block_device_counts_until_it_is_gone()
    {
        Assert.Equal(["remove block foo:other"], _vmmd.Ask(7, "foo:other", new Command.BlockRemove()));
        Assert.Equal(12, _vmmd.BlockMibOf("foo:"));

        Assert.Equal(["answer 7: removed block"], Done("foo:other"));
        Assert.Equal(4, _vmmd.BlockMibOf("foo:"));
    }

    [Fact]
    public void What_a_unikernel_has_is_neither_set_nor_dumped_nor_removed()
    {
        _vmmd.Run("foo:web", VmmdScript.WithDevices);

        Assert.Equal(["answer 7: blocks [:other=8 :disk=4 in use]"], _vmmd.Ask(7, "foo:", new Command.BlockInfo()));
        Assert.Equal(["refuse 8: set block: is in use"], _vmmd.Ask(8, "foo:disk", new Command.BlockSet(Compressed: false)));
        Assert.Equal(["refuse 9: set block: is in use"], _vmmd.Ask(9, "foo:disk", new Command.BlockOldSet(Compressed: false, default)));
        Assert.Equal(["refuse 10: dump block: is in use"], _vmmd.Ask(10, "foo:disk", new Command.BlockDump(0)));
        Assert.Equal(["refuse 11: remove block: is in use"], _vmmd.Ask(11, "foo:disk", new Command.BlockRemove()));
    }

    [Fact]
    public void A_block_device_that_is_not_there_is_neither_set_nor_dumped_nor_removed()
    {
        Assert.Equal(["refuse 7: set block: not found"], _vmmd.Ask(7, "foo:none", new Command.BlockSet(Compressed: false)));
        Assert.Equal(["refuse 8: set block: not found"], _vmmd.Ask(8, "foo:none", new Command.BlockOldSet(Compressed: false, default)));
        Assert.Equal(["refuse 9: dump block: not found"], _vmmd.Ask(9, "foo:none", new Command.BlockDump(0)));
        Assert.Equal(["refuse 10: dump block: not found"], _vmmd.Ask(10, "foo:none", new Command.BlockOldDump(0)));
        Assert.Equal(["refuse 11: remove block: not found"], _vmmd.Ask(11, "foo:none", new Command.BlockRemove()));
    }

    // Found by an hour of simulation: seed 20360260, step 176.
    [Fact]
    public void A_block_device_is_neither_removed_nor_set_before_the_disk_has_forgotten_its_unikernel()
    {
        VmmdScript vmmd = WithDisks();
        vmmd.Exited("foo:web", 1, code: 0);

        Assert.Empty(vmmd.Ask(8, "foo:disk", new Command.BlockRemove()));
        Assert.Equal(["remove block foo:other"], vmmd.Ask(9, "foo:other", new Command.BlockRemove()));
        Assert.Contains("remove block foo:disk", vmmd.Stored(2));

        vmmd = WithDisks();
        vmmd.Exited("foo:web", 1, code: 0);
        Assert.Empty(vmmd.Ask(8, "foo:disk", new Command.BlockSet(Compressed: false)));
        Assert.Contains("refuse 8: what it waited for could not be stored: no space", vmmd.StoreFailed(2, "no space"));

        static VmmdScript WithDisks()
        {
            var vmmd = new VmmdScript { StoresAtOnce = false };
            vmmd.Run("foo:web", VmmdScript.WithDevices);
            vmmd.Stored(1);
            return vmmd;
        }
    }

    [Fact]
    public void While_a_command_works_on_a_block_device_no_other_does_and_no_unikernel_gets_it()
    {
        _vmmd.Ask(7, "foo:disk", new Command.BlockSet(Compressed: false));

        Assert.Equal(["refuse 8: set block: is in use"], _vmmd.Ask(8, "foo:disk", new Command.BlockSet(Compressed: false)));
        Assert.Equal(["refuse 9: remove block: is in use"], _vmmd.Ask(9, "foo:disk", new Command.BlockRemove()));
        Assert.Equal(["refuse 10: block device foo:disk already in use"], _vmmd.Create(10, "foo:web", VmmdScript.WithDevices));

        Done("foo:disk");
        Assert.Equal(["prepare foo:web#1"], _vmmd.Create(11, "foo:web", VmmdScript.WithDevices));
    }

    [Fact]
    public void A_daemon_that_stops_gives_up_what_waits_for_a_peer_and_answers_it()
    {
        _vmmd.Ask(7, "foo:disk", new Command.BlockSet(Compressed: false));

        Assert.Equal(["give block foo:disk up"], _vmmd.ShutDown());
        Assert.Equal(["refuse 7: the daemon is stopping", "finished"], Failed("foo:disk", "the daemon is stopping"));
    }

    [Theory]
    [InlineData("bar:")]
    [InlineData(":")]
    public void A_block_device_has_a_name(string path) => Assert.Equal(
        [$"refuse 7: a block device needs a name, and {path} is a path"], _vmmd.Ask(7, path, new Command.BlockAdd(1)));

    private string[] Done(string name) => _vmmd.Do(new VmmdInput.BlockDone(VmmdScript.NameOf(name)));

    private string[] Failed(string name, string why) =>
        _vmmd.Do(new VmmdInput.BlockFailed(VmmdScript.NameOf(name), new Refusal(RefusalCode.HostFailure, why)));
}
