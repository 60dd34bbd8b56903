using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>Network interfaces and block devices in the life of a unikernel: attached before every start, given back at every end.</summary>
public sealed class DeviceTests
{
    private const string Attach = "attach to foo:web#1: net on service with 00:80:41:b4:62:98, disk is foo:disk in sectors of 512";

    [Fact]
    public void Devices_are_attached_when_the_image_is_good_and_the_statistics_learn_of_the_tap()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["prepare foo:web#1"], vmmd.Create(7, "foo:web", VmmdScript.WithDevices));
        Assert.Equal([Attach], vmmd.ImagePrepared("foo:web", 1, 'a'));
        Assert.Equal(["open console of foo:web#1, 0 in its path"], vmmd.DevicesAttached("foo:web", 1, "vmmtap3"));
        Assert.Equal(["start foo:web#1 of image a, 32 MiB, CPUs 0: --name=web"], vmmd.ConsoleOpened("foo:web", 1));
        Assert.Equal(
            ["answer 7: created unikernel", "retain a", "statistics: foo:web runs as 4711, net is vmmtap3"],
            vmmd.TenderStarted("foo:web", 1, 4711));
    }

    [Fact]
    public void An_address_that_another_has_on_the_bridge_is_refused()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web", VmmdScript.WithDevices with { Nets = [Net("service", 0x0200_0000_0001)] });

        Assert.Equal(
            ["refuse 7: the address 02:00:00:00:00:01 is in use on bridge service: give another one"],
            vmmd.Create(7, "foo:web", VmmdScript.Small with { Nets = [Net("service", 0x0200_0000_0001)] }));
        Assert.Equal(["prepare foo:web#2"], vmmd.Create(8, "foo:web", VmmdScript.Small with { Nets = [Net("service", 0x0200_0000_0002)] }));
        Assert.Equal(["prepare :web#3"], vmmd.ForceCreate(9, "web", VmmdScript.Small with { Nets = [Net("service", 0x0200_0000_0001)] }));

        static NetAttachment Net(string bridge, ulong address) => new(RawText.Of("net"), RawText.Of(bridge), new MacAddress(address));
    }

    [Fact]
    public void A_unikernel_without_devices_waits_for_none()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web");

        Assert.Equal(["open console of foo:web#1, 0 in its path"], vmmd.ImagePrepared("foo:web", 1, 'a'));
    }

    [Fact]
    public void A_device_that_the_host_cannot_attach_ends_the_create_and_leaves_nothing()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web", VmmdScript.WithDevices);
        vmmd.ImagePrepared("foo:web", 1, 'a');

        Assert.Equal(
            ["refuse 7: could not create unikernel: bridge service does not exist", "release a", "remove traces of foo:web"],
            vmmd.DevicesFailed("foo:web", 1, "bridge service does not exist"));
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Fact]
    public void A_start_that_fails_later_gives_the_devices_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web", VmmdScript.WithDevices);
        vmmd.ImagePrepared("foo:web", 1, 'a');
        vmmd.DevicesAttached("foo:web", 1, "vmmtap0");

        Assert.Equal(
            ["refuse 7: could not create unikernel: no console", "detach from foo:web#1", "release a", "remove traces of foo:web"],
            vmmd.ConsoleFailed("foo:web", 1, "no console"));
    }

    [Fact]
    public void A_destroy_while_devices_are_being_attached_gives_them_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "foo:web", VmmdScript.WithDevices);
        vmmd.ImagePrepared("foo:web", 1, 'a');
        Assert.Empty(vmmd.Destroy(8, "foo:web"));

        string[] effects = vmmd.DevicesAttached("foo:web", 1, "vmmtap0");

        Assert.Equal("answer 8: destroyed unikernel", effects[0]);
        Assert.Contains("detach from foo:web#1", effects);
        Assert.Empty(vmmd.State.Unikernels);
    }

    [Fact]
    public void The_end_gives_the_devices_back_and_a_restart_attaches_them_anew()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web", VmmdScript.WithDevices with { FailBehaviour = new FailBehaviour.Restart(default) });

        Assert.Equal(
            ["statistics: foo:web has ended", "detach from foo:web#1", "wake foo:web#2 after 0 s"], vmmd.Exited("foo:web", 1, code: 0));
        Assert.Equal([Attach.Replace("#1", "#2", StringComparison.Ordinal)], vmmd.Timer("foo:web", 2));
    }

    [Fact]
    public void A_replacement_gets_its_devices_when_the_old_unikernel_has_given_them_back()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web", VmmdScript.WithDevices);
        vmmd.ForceCreate(8, "foo:web", VmmdScript.WithDevices);
        vmmd.ImagePrepared("foo:web", 2, 'b');

        Assert.Equal(
            ["statistics: foo:web has ended", "detach from foo:web#1", "release a", Attach.Replace("#1", "#2", StringComparison.Ordinal)],
            vmmd.Exited("foo:web", 1, code: 1));
    }

    [Fact]
    public void A_block_device_belongs_to_one_unikernel_until_that_is_gone()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web", VmmdScript.WithDevices);

        Assert.Equal(["refuse 8: block device foo:disk already in use"], vmmd.Create(8, "foo:db", VmmdScript.WithDevices));
        vmmd.Destroy(9, "foo:web");
        vmmd.Exited("foo:web", 1, code: 0);
        Assert.Equal(["prepare foo:db#2"], vmmd.Create(10, "foo:db", VmmdScript.WithDevices));
    }

    [Fact]
    public void A_block_device_of_another_path_is_not_found()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["refuse 7: block device bar:disk not found"], vmmd.Create(7, "bar:web", VmmdScript.WithDevices));
    }

    [Fact]
    public void A_bridge_that_no_policy_lists_is_not_allowed()
    {
        var vmmd = new VmmdScript();
        UnikernelSettings settings = VmmdScript.Small with { Nets = [new NetAttachment(RawText.Of("net"), Bridge: null, Mac: null)] };

        Assert.Equal(["refuse 7: policy of : above: bridges net not allowed by policy"], vmmd.Create(7, "foo:web", settings));
    }

    [Theory]
    [InlineData(513)]
    [InlineData(256)]
    [InlineData(65536)]
    [InlineData(-512)]
    public void A_sector_size_that_no_device_has_is_refused(long sectorSize)
    {
        var vmmd = new VmmdScript();
        UnikernelSettings settings = VmmdScript.Small with
        {
            Blocks = [new BlockAttachment(RawText.Of("disk"), HostDevice: null, sectorSize)],
        };

        Assert.Equal(["refuse 7: Block size must be a multiple of 2 greater than or equal 512"], vmmd.Create(7, "foo:web", settings));
    }

    [Fact]
    public void A_device_that_is_named_twice_is_refused_in_the_words_of_the_original()
    {
        var vmmd = new VmmdScript();
        var disk = new BlockAttachment(RawText.Of("disk"), HostDevice: null, SectorSize: null);
        var net = new NetAttachment(RawText.Of("service"), Bridge: null, Mac: null);

        Assert.Equal(["refuse 7: Block devices must be a set"], vmmd.Create(7, "foo:a", VmmdScript.Small with { Blocks = [disk, disk] }));
        Assert.Equal(["refuse 8: Bridge names must be a set"], vmmd.Create(8, "foo:a", VmmdScript.Small with { Nets = [net, net] }));
    }

    [Fact]
    public void Info_tells_of_devices_with_their_address_and_size()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("foo:web", VmmdScript.Small with
        {
            Nets =
            [
                new NetAttachment(RawText.Of("net"), RawText.Of("service"), new MacAddress(0x02_00_00_00_00_2a)),
                new NetAttachment(RawText.Of("service"), Bridge: null, new MacAddress(0)),
            ],
            Blocks = [new BlockAttachment(RawText.Of("storage"), RawText.Of("other"), SectorSize: 4096)],
        });

        var ask = new VmmdInput.CommandReceived(
            new Requester(7, new Header(7, VmmdScript.NameOf("foo:web"))), new Command.UnikernelInfo());
        var reply = Assert.IsType<VmmdEffect.Reply>(Assert.Single(VmmdStep.Step(vmmd.State, ask).Effects));
        UnikernelInfo info = Assert.Single(Assert.IsType<Reply.Unikernels>(reply.Answer).Entries).Value;

        Assert.Equal(
            ["net service 02:00:00:00:00:2a", "service service 00:80:41:4b:69:ee"],
            info.Nets.Select(net => $"{net.Name} {net.HostDevice} {net.Mac}"));
        Assert.Equal([new BlockDeviceInfo(RawText.Of("storage"), RawText.Of("other"), 4096, 8)], info.Blocks);
    }
}
