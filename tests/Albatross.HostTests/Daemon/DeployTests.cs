using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>The main job: a certificate deploys a unikernel.</summary>
public sealed class DeployTests
{
    [Fact]
    public async Task A_certificate_with_an_image_deploys_it_and_its_console_can_be_followed()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = Image(daemon, SampleGuests.Ticker(TimeSpan.FromMilliseconds(50)));

        string created = await daemon.RemoteAsync(["create", "hello", image, "--mem", "16", "--arg", "one", "--arg", "two words"]).Succeeds();

        Assert.Equal("host [unikernel: demo:hello]: success: created unikernel\n", created);
        using (var subscriber = Followed.Start(daemon, "hello"))
        {
            await RunningDaemon.Eventually(() => subscriber.Lines.Count > 5, () => $"no lines: {daemon.Log}");
            Assert.Equal(["--name=hello one two words", "00000001", "00000002"], subscriber.Lines.Take(3));
        }

        string info = await daemon.RemoteAsync(["info"]).Succeeds();
        Assert.Contains("[unikernel: :hello]: typ solo5 started ", info, StringComparison.Ordinal);
        Assert.Contains(" 16 MB memory ", info, StringComparison.Ordinal);
        int tender = daemon.TenderOf("demo:hello") ?? throw new InvalidOperationException("no tender");

        string destroyed = await daemon.RemoteAsync(["destroy", "hello"]).Succeeds();

        Assert.Equal("host [unikernel: demo:hello]: success: destroyed unikernel\n", destroyed);
        Assert.False(RunningDaemon.IsAlive(tender));
        Assert.Contains("no unikernels", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("9")]
    public async Task An_image_of_10_MiB_in_the_leaf_certificate_is_deployed(string compressionLevel)
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = Image(daemon, SampleGuests.Padded(10 << 20));
        Assert.True(new FileInfo(image).Length > 10 << 20);

        await daemon.RemoteAsync(["create", "big", image, "--mem", "64", "--compression-level", compressionLevel, "--arg", "hi"]).Succeeds();

        using var subscriber = Followed.Start(daemon, "big");
        await RunningDaemon.Eventually(() => subscriber.Lines.Count > 0, () => $"no lines: {daemon.Log}");
        Assert.Contains("--name=big hi", subscriber.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_force_create_takes_the_place_of_what_runs_and_a_plain_create_does_not()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = Image(daemon, SampleGuests.ByName["idle"]());
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Succeeds();
        int first = daemon.TenderOf("demo:one") ?? throw new InvalidOperationException("no tender");

        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"]).Fails(117, "Unikernel with same name is already running");
        Assert.True(RunningDaemon.IsAlive(first));

        await daemon.RemoteAsync(["create", "one", image, "--mem", "32", "--force"]).Succeeds();
        Assert.False(RunningDaemon.IsAlive(first));
        Assert.Contains(" 32 MB memory ", await daemon.RemoteAsync(["info"]).Succeeds(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_force_create_with_an_image_that_cannot_run_leaves_the_old_unikernel_alone()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await daemon.RemoteAsync(["create", "one", Image(daemon, SampleGuests.ByName["idle"]()), "--mem", "16"]).Succeeds();
        int first = daemon.TenderOf("demo:one") ?? throw new InvalidOperationException("no tender");
        string broken = Path.Combine(daemon.Directory, "broken.hvt");
        File.WriteAllBytes(broken, new byte[5000]);

        await daemon.RemoteAsync(["create", "one", broken, "--mem", "16", "--force"]).Fails(117, "invalid executable");

        Assert.True(RunningDaemon.IsAlive(first));
        Assert.Equal(first, daemon.TenderOf("demo:one"));
    }

    [Fact]
    public async Task A_unikernel_that_needs_devices_is_refused_with_their_names()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = Programs.Golden("images", "tiny-net1.hvt");

        await daemon.RemoteAsync(["create", "net", image, "--mem", "16"]).Fails(
            117, "specified bridge(s) does not match with the manifest. Devices present in manifest: net \\\"service\\\"");

        Assert.Null(daemon.TenderOf("demo:net"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(daemon.Directory, "run/fifo")));
    }

    [Fact]
    public async Task The_local_client_deploys_without_certificates()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string[] local = ["--tmpdir", Path.Combine(daemon.Directory, "run")];
        string image = Image(daemon, SampleGuests.ByName["idle"]());

        await daemon.ClientAsync(["create", "demo:local", image, "--mem", "16", .. local]).Succeeds();

        Assert.Contains("[unikernel: demo:local]: typ solo5", await daemon.ClientAsync(["info", .. local]).Succeeds(), StringComparison.Ordinal);
        await daemon.ClientAsync(["destroy", "demo:local", .. local]).Succeeds();
    }

    internal static string Image(RunningDaemon daemon, byte[] image)
    {
        string path = Path.Combine(daemon.Directory, Guid.NewGuid() + ".hvt");
        File.WriteAllBytes(path, image);
        return path;
    }
}
