using Albatross.Guests;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>A host that carries out vmmd's effects: the real one, or the simulated one.</summary>
public interface IContractHost : IAsyncDisposable
{
    /// <summary>How many images are stored.</summary>
    int Images { get; }

    /// <summary>What the next daemon would find; null when nothing was stored.</summary>
    DesiredState? Stored { get; }

    void Start(VmmdEffect effect);

    /// <summary>The next input.</summary>
    Task<VmmdInput> NextAsync();

    /// <summary>Waits for everything that is under way; the inputs that nobody has taken.</summary>
    Task<IReadOnlyList<VmmdInput>> EndAsync();

    /// <summary>From now on <paramref name="effect"/> fails.</summary>
    void Break(VmmdEffect effect);

    /// <summary>Whether the block device is there.</summary>
    bool HasBlock(Name name);

    /// <summary>Whether the unikernel's FIFO is there.</summary>
    bool HasTraces(Name name);
}

/// <summary>
/// What every effect promises: which input answers it, that exactly one does, also when the host says no, and what is there afterwards. The
/// simulated host and the effect runner both keep it, so what is shown by simulation holds for the real one.
/// </summary>
public abstract class HostContract
{
    private static readonly ImageId NoImage = new(new string('0', 64));

    private static readonly UnikernelSettings Plain = new(
        new FailBehaviour.Quit(), Startup: null, AddName: true, new([0]), MemoryMib: 16, Blocks: [], Nets: [], Arguments: null);

    private static readonly byte[] Idle = SampleGuests.Idle(GuestTarget.Spt);

    private static readonly Name Web = NameOf("foo:web");

    /// <summary>The block device "foo:disk" of 1 MiB is there, and nothing else.</summary>
    protected abstract Task<IContractHost> OpenAsync();

    [Fact]
    public async Task A_good_image_is_prepared_once_and_stored()
    {
        await using IContractHost host = await OpenAsync();

        await Prepare(host, 7);

        Assert.Empty(await host.EndAsync());
        Assert.Equal(1, host.Images);
    }

    [Fact]
    public async Task The_same_image_twice_is_stored_once_and_goes_with_the_last_reference()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        host.Start(new VmmdEffect.RetainImage(image));
        host.Start(new VmmdEffect.ReleaseImage(image));
        host.Start(new VmmdEffect.CheckImage(Web, 2, image, Plain));
        Assert.Equal(new VmmdInput.ImagePrepared(Web, 2, image), await host.NextAsync());
        host.Start(new VmmdEffect.ReleaseImage(image));

        Assert.Empty(await host.EndAsync());
        Assert.Equal(1, host.Images);
    }

    [Fact]
    public async Task An_image_is_removed_with_its_last_reference()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        host.Start(new VmmdEffect.ReleaseImage(image));

        Assert.Empty(await host.EndAsync());
        Assert.Equal(0, host.Images);
    }

    [Fact]
    public async Task A_bad_image_is_refused_once_and_leaves_nothing()
    {
        await using IContractHost host = await OpenAsync();
        var prepare = new VmmdEffect.PrepareImage(Web, 3, new(ImageType.Solo5, Compressed: false, "no image"u8.ToArray(), Plain));

        var refused = await BrokenAsync<VmmdInput.ImageRefused>(host, prepare);
        Assert.Equal((Web, 3), (refused.Name, refused.Incarnation));
        Assert.NotEmpty(refused.Refusal.Text);
        Assert.Empty(await host.EndAsync());
        Assert.Equal(0, host.Images);
    }

    [Fact]
    public async Task Settings_that_do_not_fit_are_refused_once_and_hold_no_reference()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        var unfit = Plain with { Nets = [new NetAttachment(RawText.Of("service"), Bridge: null, Mac: null)] };
        var check = new VmmdEffect.CheckImage(Web, 2, image, unfit);

        var refused = await BrokenAsync<VmmdInput.ImageRefused>(host, check);
        Assert.Equal((Web, 2), (refused.Name, refused.Incarnation));
        host.Start(new VmmdEffect.ReleaseImage(image));
        Assert.Empty(await host.EndAsync());
        Assert.Equal(0, host.Images);
    }

    [Fact]
    public async Task What_is_stored_is_there_for_the_next_daemon()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(new VmmdEffect.Store(5, Wanted("web", "db"), TimeSpan.Zero));

        Assert.Equal(new VmmdInput.Stored(5), await host.NextAsync());
        Assert.Empty(await host.EndAsync());
        Assert.Equal([NameOf("foo:db"), NameOf("foo:web")], host.Stored!.Unikernels.Keys);
        Assert.Equal([NoImage, NoImage], host.Stored.Unikernels.Values.Select(wanted => wanted.Image));
        Assert.Equal(Wanted().Policies.AsEnumerable(), host.Stored.Policies);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_said_once_and_the_earlier_version_stays()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(new VmmdEffect.Store(1, Wanted("web"), TimeSpan.Zero));
        await host.NextAsync();
        var second = new VmmdEffect.Store(2, Wanted("db"), TimeSpan.Zero);

        var failed = await BrokenAsync<VmmdInput.StoreFailed>(host, second);
        Assert.Equal(2, failed.Version);
        Assert.NotEmpty(failed.Refusal.Text);
        Assert.Empty(await host.EndAsync());
        Assert.Equal([Web], host.Stored!.Unikernels.Keys);
    }

    [Fact]
    public async Task Devices_can_be_attached_again_after_they_were_given_back_even_twice()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(Attach(1, "disk"));
        var first = Assert.IsType<VmmdInput.DevicesAttached>(await host.NextAsync());
        host.Start(new VmmdEffect.DetachDevices(Web, 1));
        host.Start(new VmmdEffect.DetachDevices(Web, 1));
        host.Start(Attach(2, "disk"));
        var second = Assert.IsType<VmmdInput.DevicesAttached>(await host.NextAsync());
        host.Start(new VmmdEffect.DetachDevices(Web, 2));

        Assert.Equal((Web, 1), (first.Name, first.Incarnation));
        Assert.Equal((Web, 2), (second.Name, second.Incarnation));
        Assert.Empty(first.Taps);
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task A_device_that_is_not_there_fails_the_start_once_and_nothing_is_attached()
    {
        await using IContractHost host = await OpenAsync();
        VmmdEffect.AttachDevices attach = Attach(1, "disk", "missing");

        var failed = await BrokenAsync<VmmdInput.DevicesFailed>(host, attach);
        Assert.Equal((Web, 1), (failed.Name, failed.Incarnation));
        Assert.NotEmpty(failed.Refusal.Text);
        host.Start(new VmmdEffect.DetachDevices(Web, 1));
        host.Start(Attach(2, "disk"));
        Assert.IsType<VmmdInput.DevicesAttached>(await host.NextAsync());
        host.Start(new VmmdEffect.DetachDevices(Web, 2));
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task A_block_device_is_made_once_and_removed_once()
    {
        await using IContractHost host = await OpenAsync();
        Name data = NameOf("foo:data");
        host.Start(new VmmdEffect.MakeBlock(data, SizeMib: 1, Content: null));
        Assert.Equal(new VmmdInput.BlockDone(data), await host.NextAsync());
        Assert.True(host.HasBlock(data));
        host.Start(new VmmdEffect.RemoveBlock(data));

        Assert.Equal(new VmmdInput.BlockDone(data), await host.NextAsync());
        Assert.Empty(await host.EndAsync());
        Assert.False(host.HasBlock(data));
    }

    [Fact]
    public async Task A_block_device_gets_its_content_as_a_whole()
    {
        await using IContractHost host = await OpenAsync();
        Name disk = NameOf("foo:disk");
        host.Start(new VmmdEffect.FillBlock(disk, SizeMib: 1, new BlockContent(Compressed: false, Sender: null, new byte[4096])));

        Assert.Equal(new VmmdInput.BlockDone(disk), await host.NextAsync());
        Assert.Empty(await host.EndAsync());
        Assert.True(host.HasBlock(disk));
    }

    [Fact]
    public async Task A_block_device_that_cannot_be_made_is_said_once()
    {
        await using IContractHost host = await OpenAsync();
        var make = new VmmdEffect.MakeBlock(NameOf("foo:data"), SizeMib: 1, Content: null);

        var failed = await BrokenAsync<VmmdInput.BlockFailed>(host, make);
        Assert.Equal(make.Name, failed.Name);
        Assert.NotEmpty(failed.Refusal.Text);
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task A_console_is_opened_once_and_its_traces_can_be_removed_twice()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(new VmmdEffect.OpenConsole(Web, 1, Unikernels: 2));
        Assert.Equal(new VmmdInput.ConsoleOpened(Web, 1), await host.NextAsync());
        Assert.True(host.HasTraces(Web));

        host.Start(new VmmdEffect.RemoveTraces(Web));
        host.Start(new VmmdEffect.RemoveTraces(Web));

        Assert.Empty(await host.EndAsync());
        Assert.False(host.HasTraces(Web));
    }

    [Fact]
    public async Task A_console_that_cannot_be_opened_fails_the_start_once()
    {
        await using IContractHost host = await OpenAsync();
        var open = new VmmdEffect.OpenConsole(Web, 4, Unikernels: 2);

        var failed = await BrokenAsync<VmmdInput.ConsoleFailed>(host, open);
        Assert.Equal((Web, 4), (failed.Name, failed.Incarnation));
        Assert.NotEmpty(failed.Refusal.Text);
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task A_tender_starts_once_and_ends_once_and_a_signal_to_it_afterwards_is_ignored()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        await OpenConsole(host, 1);
        host.Start(Start(1, image));
        var started = Assert.IsType<VmmdInput.TenderStarted>(await host.NextAsync());
        Assert.Equal((Web, 1), (started.Name, started.Incarnation));
        Assert.True(started.ProcessId > 0);

        host.Start(new VmmdEffect.SignalTender(Web, 1, TenderSignal.Terminate));
        var exited = Assert.IsType<VmmdInput.TenderExited>(await host.NextAsync());
        Assert.Equal((Web, 1), (exited.Name, exited.Incarnation));
        Assert.True(exited.At >= started.At);
        host.Start(new VmmdEffect.SignalTender(Web, 1, TenderSignal.Terminate));
        host.Start(new VmmdEffect.SignalTender(Web, 1, TenderSignal.Kill));
        host.Start(new VmmdEffect.ReleaseImage(image));
        host.Start(new VmmdEffect.RemoveTraces(Web));

        Assert.Empty(await host.EndAsync());
        Assert.False(host.HasTraces(Web));
        Assert.Equal(0, host.Images);
    }

    [Fact]
    public async Task A_signal_of_another_start_does_not_reach_the_tender()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        await OpenConsole(host, 2);
        host.Start(Start(2, image));
        await host.NextAsync();
        host.Start(new VmmdEffect.SignalTender(Web, 1, TenderSignal.Terminate));
        host.Start(new VmmdEffect.WakeAfter(Web, 2, Alarm.Regret, TimeSpan.FromMilliseconds(1)));

        Assert.Equal(new VmmdInput.TimerFired(Web, 2, Alarm.Regret), await host.NextAsync());
        host.Start(new VmmdEffect.SignalTender(Web, 2, TenderSignal.Terminate));
        Assert.Equal(2, Assert.IsType<VmmdInput.TenderExited>(await host.NextAsync()).Incarnation);
    }

    [Fact]
    public async Task A_tender_that_cannot_start_is_said_once()
    {
        await using IContractHost host = await OpenAsync();
        ImageId image = await Prepare(host, 1);
        await OpenConsole(host, 1);
        var start = Start(1, image, memoryMib: 1L << 40);

        var failed = await BrokenAsync<VmmdInput.TenderFailed>(host, start);
        Assert.Equal((Web, 1), (failed.Name, failed.Incarnation));
        Assert.NotEmpty(failed.Refusal.Text);
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task A_timer_fires_once()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(new VmmdEffect.WakeAfter(Web, 6, Alarm.Restart, TimeSpan.FromMilliseconds(1)));

        Assert.Equal(new VmmdInput.TimerFired(Web, 6, Alarm.Restart), await host.NextAsync());
        Assert.Empty(await host.EndAsync());
    }

    [Fact]
    public async Task What_is_only_told_is_not_answered()
    {
        await using IContractHost host = await OpenAsync();
        host.Start(new VmmdEffect.Reply(new Requester(99, new Header(1, Web)), new Reply.Empty(), Connection.Close));
        host.Start(new VmmdEffect.TellStatistics(Web, new Command.StatisticsAdd(RawText.Of(""), 1, [])));
        host.Start(new VmmdEffect.TellStatistics(Web, new Command.StatisticsRemove()));
        host.Start(new VmmdEffect.Report(Web, "nothing happened"));

        Assert.Empty(await host.EndAsync());
    }

    // The host refuses it, and says so by one input of this kind.
    private static async Task<TFailure> BrokenAsync<TFailure>(IContractHost host, VmmdEffect effect)
    {
        host.Break(effect);
        host.Start(effect);
        return Assert.IsType<TFailure>(await host.NextAsync());
    }

    private static async Task<ImageId> Prepare(IContractHost host, long incarnation)
    {
        host.Start(new VmmdEffect.PrepareImage(Web, incarnation, new(ImageType.Solo5, Compressed: false, Idle, Plain)));
        var prepared = Assert.IsType<VmmdInput.ImagePrepared>(await host.NextAsync());
        Assert.Equal((Web, incarnation), (prepared.Name, prepared.Incarnation));
        return prepared.Image;
    }

    private static async Task OpenConsole(IContractHost host, long incarnation)
    {
        host.Start(new VmmdEffect.OpenConsole(Web, incarnation, Unikernels: 2));
        Assert.IsType<VmmdInput.ConsoleOpened>(await host.NextAsync());
    }

    private static VmmdEffect.AttachDevices Attach(long incarnation, params string[] blocks) => new(
        Web,
        incarnation,
        new DeviceOrder([], [.. blocks.Select(block => new BlockOrder(RawText.Of(block), NameOf($"foo:{block}"), SectorBytes: 512))]));

    private static VmmdEffect.StartTender Start(long incarnation, ImageId image, long memoryMib = 16) => new(
        Web,
        incarnation,
        new TenderStart(image, memoryMib, new([0]), "--name=web"u8.ToArray()),
        new TenderOrigin(new DesiredUnikernel(ImageType.Solo5, Plain, image), new string('0', 64), Taps: null, QuickRestarts: 0));

    private static DesiredState Wanted(params string[] labels) => new(
        DesiredState.Empty.Unikernels.AddRange(labels.Select(label => KeyValuePair.Create(
            NameOf($"foo:{label}"), new DesiredUnikernel(ImageType.Solo5, Plain, NoImage)))),
        DesiredState.Empty.Policies.Add(Web.Path, new ResourcePolicy(2, new([0]), 64, BlockMib: null, default)));

    private static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new ArgumentException(refusal.Text, nameof(text));
}
