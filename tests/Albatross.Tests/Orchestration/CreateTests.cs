using Albatross.Policy;
using Albatross.Policy.Resources;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>A create from its arrival to the running unikernel, and every reason to refuse it at once.</summary>
public sealed class CreateTests
{
    private static readonly UnikernelSettings Small = VmmdScript.Small;

    [Fact]
    public void A_create_is_answered_when_the_tender_runs_and_not_before()
    {
        var vmmd = new VmmdScript();
        ImmutableArray<RawText> arguments = [RawText.Of("-l"), RawText.Of("*:debug")];
        UnikernelSettings settings = Small with { MemoryMib = 64, CpuIds = new([0, 1]), Arguments = arguments };

        Assert.Equal(["prepare :web#1"], vmmd.Create(7, "web", settings));
        Assert.Equal(["open console of :web#1, any number in its path"], vmmd.ImagePrepared("web", 1, 'a'));
        Assert.Equal(["start :web#1 of image a, 64 MiB, CPUs 0,1: --name=web -l *:debug"], vmmd.ConsoleOpened("web", 1));
        Assert.Equal(["answer 7: created unikernel", "retain a", "statistics: :web runs as 4711"], vmmd.TenderStarted("web", 1, 4711));

        Assert.Equal(new Usage(1, 64), vmmd.UsageOf(":"));
    }

    [Fact]
    public void What_is_kept_of_a_create_does_not_keep_the_frame_with_its_image_alive()
    {
        byte[] frame = new byte[10 << 20];
        Array.Fill(frame, (byte)'x');
        RawText Slice(int at) => new(frame.AsMemory(at, 5));
        UnikernelSettings received = Small with
        {
            Arguments = [Slice(0)],
            Nets = [new NetAttachment(Slice(5), Slice(10), null)],
            Blocks = [new BlockAttachment(Slice(15), Slice(20), null)],
        };

        UnikernelSettings kept = received.Detached();

        RawText[] texts = [kept.Arguments!.Value[0], kept.Nets[0].Name, kept.Nets[0].Bridge!.Value, kept.Blocks[0].Name, kept.Blocks[0].HostDevice!.Value];
        Assert.All(texts, text =>
        {
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(text.Bytes, out ArraySegment<byte> array));
            Assert.Equal(5, array.Array!.Length);
        });

        var vmmd = new VmmdScript();
        vmmd.Create(1, "web", Small with { Arguments = [Slice(0)] });
        RawText stored = vmmd.State.Unikernels.Values.Single().Settings.Arguments!.Value[0];
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(stored.Bytes, out ArraySegment<byte> own));
        Assert.NotSame(frame, own.Array);
    }

    // The original unpacks and hashes under its one lock (weak spot 21).
    [Fact]
    public void While_an_image_is_prepared_every_other_command_is_answered()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(7, "web");

        Assert.Equal(["prepare :db#2"], vmmd.Create(8, "db"));
        Assert.Equal(["answer 9: added policy (stays open)"], vmmd.AddPolicy(9, "foo:", VmmdScript.Policy(1, 32, [0])));
        Assert.Equal(["answer 10: unikernels []"], vmmd.Info(10, ":"));
        vmmd.ImagePrepared("db", 2, 'b');
        vmmd.ConsoleOpened("db", 2);
        Assert.Contains("answer 8: created unikernel", vmmd.TenderStarted("db", 2, 102));
    }

    [Fact]
    public void The_console_service_is_told_how_many_consoles_the_path_may_keep()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(3, 100, [0]));
        vmmd.Create(2, "foo:web");
        vmmd.Create(3, "bar:web");

        Assert.Equal(["open console of foo:web#1, 3 in its path"], vmmd.ImagePrepared("foo:web", 1, 'a'));
        Assert.Equal(["open console of bar:web#2, 0 in its path"], vmmd.ImagePrepared("bar:web", 2, 'b'));
    }

    [Fact]
    public void The_name_is_not_put_before_the_arguments_when_that_is_not_wanted()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web", Small with { AddName = false, Arguments = [RawText.Of("x")] });
        vmmd.ImagePrepared("web", 1, 'a');

        Assert.Equal(["start :web#1 of image a, 32 MiB, CPUs 0: x"], vmmd.ConsoleOpened("web", 1));
    }

    [Fact]
    public void A_create_takes_its_part_of_the_policies_from_the_first_step_on()
    {
        var vmmd = new VmmdScript();
        vmmd.Create(1, "foo:bar:web", Small with { MemoryMib = 40 });

        Assert.Equal(
            (new Usage(1, 40), new Usage(1, 40), new Usage(1, 40), default),
            (vmmd.UsageOf("foo:bar:"), vmmd.UsageOf("foo:"), vmmd.UsageOf(":"), vmmd.UsageOf("bar:")));
    }

    [Fact]
    public void A_name_that_runs_is_not_created_again()
    {
        var vmmd = new VmmdScript();
        vmmd.Run("web");

        Assert.Equal(["refuse 2: Unikernel with same name is already running"], vmmd.Create(2, "web"));
    }

    [Fact]
    public void A_force_create_waits_for_nobody_else()
    {
        const string Busy = "another command on this unikernel is being carried out: try again when it has ended";
        var vmmd = new VmmdScript();
        vmmd.Create(1, "web");
        Assert.Equal([$"refuse 2: {Busy}"], vmmd.ForceCreate(2, "web"));                    // its image is being prepared
        vmmd.ImagePrepared("web", 1, 'a');
        Assert.Equal([$"refuse 3: {Busy}"], vmmd.ForceCreate(3, "web"));                    // its console is being opened
        vmmd.ConsoleOpened("web", 1);
        Assert.Equal([$"refuse 4: {Busy}"], vmmd.ForceCreate(4, "web"));                    // it is being started
        vmmd.TenderStarted("web", 1, 101);
        Assert.Equal(["prepare :web#2"], vmmd.ForceCreate(5, "web"));
        Assert.Equal([$"refuse 6: {Busy}"], vmmd.ForceCreate(6, "web"));                    // it is being replaced
        vmmd.ImagePrepared("web", 2, 'b');
        Assert.Equal([$"refuse 7: {Busy}"], vmmd.ForceCreate(7, "web"));                    // the old one is ending
    }

    [Fact]
    public void A_path_is_no_unikernel()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(["refuse 1: a unikernel needs a name, and foo:bar: is a path"], vmmd.Create(1, "foo:bar:"));
        Assert.Equal(["refuse 2: a unikernel needs a name, and : is a path"], vmmd.Create(2, ":"));   // W1: by any valid certificate
    }

    [Fact]
    public void A_name_that_no_file_can_have_is_refused()
    {
        string path = string.Concat(Enumerable.Repeat(new string('p', 63) + ":", 3));   // 192 characters
        var vmmd = new VmmdScript();

        Assert.Equal([$"prepare {path}{new string('w', 63)}#1"], vmmd.Create(1, path + new string('w', 63)));
        Assert.Equal(
            ["refuse 2: a unikernel's name has at most 255 characters: files are called by it"],
            vmmd.Create(2, path + "q:" + new string('w', 62)));
    }

    [Fact]
    public void A_bhyve_unikernel_is_refused()
    {
        var config = new UnikernelConfig(ImageType.Bhyve, Compressed: false, Image: default, Small);

        Assert.Equal(
            ["refuse 1: bhyve unikernels do not run on Linux: give a Solo5 image"],
            new VmmdScript().Ask(1, "web", new Command.UnikernelCreate(config, OnConflict.Refuse)));
    }

    [Theory]
    [InlineData(0, "memory must be 1 to 4096 MB, not 0 MB")]
    [InlineData(-1000, "memory must be 1 to 4096 MB, not -1000 MB")]
    [InlineData(4097, "memory must be 1 to 4096 MB, not 4097 MB")]
    [InlineData(long.MaxValue, "memory must be 1 to 4096 MB, not 9223372036854775807 MB")]
    public void Memory_outside_its_range_is_refused(long memoryMib, string sentence)
    {
        var vmmd = new VmmdScript();

        Assert.Equal([$"refuse 1: {sentence}"], vmmd.Create(1, "web", Small with { MemoryMib = memoryMib }));
        Assert.Equal(default, vmmd.UsageOf(":"));
    }

    [Fact]
    public void A_unikernel_without_CPUs_is_refused() =>
        Assert.Equal(["refuse 1: CPUids may not be empty"], new VmmdScript().Create(1, "web", Small with { CpuIds = default }));

    [Fact]
    public void Boot_arguments_that_do_not_fit_the_guest_are_refused_when_they_are_asked_for()
    {
        // "--name=web" and a blank take 11 of the 8191 bytes.
        var vmmd = new VmmdScript();

        Assert.Equal(
            ["refuse 1: boot arguments have 8192 bytes together, at most 8191 are possible"],
            vmmd.Create(1, "web", Small with { Arguments = [RawText.Of(new string('x', 8181))] }));
        Assert.Equal(["prepare :web#1"], vmmd.Create(2, "web", Small with { Arguments = [RawText.Of(new string('x', 8180))] }));
    }

    [Fact]
    public void A_boot_argument_with_a_byte_0_is_refused() =>
        Assert.Equal(
            ["refuse 1: a boot argument has a byte 0, which ends a command line"],
            new VmmdScript().Create(1, "web", Small with { Arguments = [RawText.Of("a\0b")] }));

    [Fact]
    public void A_full_path_takes_no_further_unikernel()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(1, 100, [0]));
        vmmd.Run("foo:first");

        Assert.Equal(["refuse 2: maximum amount of unikernels (1) reached"], vmmd.Create(2, "foo:web"));
        Assert.Equal(["refuse 3: policy of foo: above: maximum amount of unikernels (1) reached"], vmmd.Create(3, "foo:bar:web"));
    }

    [Theory]
    [InlineData(69, "0", "", "maximum allowed memory (100, used 32) would be exceeded (requesting 69)")]
    [InlineData(68, "0,1", "", "CPUids 1 are not allowed by policy")]
    [InlineData(68, "0", "service", "bridges service not allowed by policy")]
    public void A_policy_bounds_what_is_created_in_its_path(long memoryMib, string cpus, string bridge, string sentence)
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(4, 100, [0]));
        vmmd.Run("foo:first");

        Assert.Equal([$"refuse 2: {sentence}"], vmmd.Create(2, "foo:web", Wanting(memoryMib, cpus, bridge)));
    }

    [Theory]
    [InlineData(69, "0", "", "maximum allowed memory (100, used 32) would be exceeded (requesting 69)")]
    [InlineData(68, "0,1", "", "CPUids 1 are not allowed by policy")]
    [InlineData(68, "0", "service", "bridges service not allowed by policy")]
    public void A_policy_bounds_what_is_created_below_its_path_too(long memoryMib, string cpus, string bridge, string sentence)
    {
        // Weak spot 16.1 of the original: there a sub-CA gets its parent's quota once more.
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(4, 100, [0]));
        vmmd.Run("foo:first");

        Assert.Equal([$"refuse 2: policy of foo: above: {sentence}"], vmmd.Create(2, "foo:bar:web", Wanting(memoryMib, cpus, bridge)));
    }

    [Fact]
    public void The_host_bounds_everything()
    {
        var vmmd = new VmmdScript();

        Assert.Equal(
            ["refuse 1: policy of : above: maximum allowed memory (1000, used 0) would be exceeded (requesting 1001)"],
            vmmd.Create(1, "foo:web", Small with { MemoryMib = 1001 }));
    }

    [Fact]
    public void What_just_fits_is_created()
    {
        var vmmd = new VmmdScript();
        vmmd.AddPolicy(1, "foo:", VmmdScript.Policy(2, 100, [0], "service"));
        vmmd.Run("foo:first");

        Assert.Equal(["prepare foo:web#2"], vmmd.Create(2, "foo:web", Wanting(68, "0", "service")));
    }

    private static UnikernelSettings Wanting(long memoryMib, string cpus, string bridge) => Small with
    {
        MemoryMib = memoryMib,
        CpuIds = new(cpus.Split(',').Select(long.Parse)),
        Nets = bridge.Length == 0 ? [] : [new NetAttachment(RawText.Of("net"), RawText.Of(bridge), Mac: null)],
    };
}
