using Albatross.Guests;

namespace Albatross.HostTests.Daemon;

/// <summary>Who is refused, with which words at the client, and that nothing is left of it.</summary>
public sealed class RefusalTests
{
    private static readonly byte[] Idle = SampleGuests.ByName["idle"]();

    [Fact]
    public async Task A_deploy_above_the_policy_names_limit_use_and_demand_and_leaves_nothing()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, Idle);
        await daemon.RemoteAsync(["create", "one", image, "--mem", "100"]).Succeeds();

        await daemon.RemoteAsync(["create", "two", image, "--mem", "200"])
            .Fails(117, "maximum allowed memory (256, used 100) would be exceeded (requesting 200)");

        AssertNothingOf(daemon, "demo:two");
    }

    [Fact]
    public async Task A_middle_CA_bounds_what_all_CAs_below_it_have_together()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        var root = Issued.Load(daemon, "cacert", "root");
        Issued.Delegate(daemon, root, "middle", Issued.Policy(unikernels: 2, memoryMib: 128));
        Issued.Delegate(daemon, Issued.Load(daemon, "middle", "middle"), "left", Issued.Policy(unikernels: 2, memoryMib: 128));
        Issued.Delegate(daemon, Issued.Load(daemon, "middle", "middle"), "right", Issued.Policy(unikernels: 2, memoryMib: 128));
        string image = DeployTests.Image(daemon, Idle);
        await daemon.RemoteAsync(["create", "one", image, "--mem", "100"], ca: "left").Succeeds();

        await daemon.RemoteAsync(["create", "two", image, "--mem", "100"], ca: "right")
            .Fails(117, "policy of middle: above: maximum allowed memory (128, used 100) would be exceeded (requesting 100)");

        AssertNothingOf(daemon, "middle:right:two");
        await daemon.RemoteAsync(["create", "two", image, "--mem", "200"], ca: "right")
            .Fails(117, "maximum allowed memory (128, used 0) would be exceeded (requesting 200)");
    }

    [Fact]
    public async Task A_sub_CA_that_grants_more_than_its_parent_is_refused()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        Issued.Delegate(daemon, Issued.Load(daemon, "demo", "demo"), "greedy", Issued.Policy(unikernels: 40, memoryMib: 16));

        await daemon.RemoteAsync(["info"], ca: "greedy").Fails(117, "policy above allows 4 unikernels, which is fewer than 40");
    }

    [Fact]
    public async Task A_foreign_CA_is_refused_by_client_and_server()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        await using RunningDaemon other = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, Idle);
        File.Copy(Path.Combine(other.Pki, "demo.pem"), Path.Combine(daemon.Pki, "foreign.pem"));
        File.Copy(Path.Combine(other.Pki, "demo.key"), Path.Combine(daemon.Pki, "foreign.key"));

        await daemon.RemoteAsync(["create", "one", image, "--mem", "16"], ca: "foreign").Fails(116, "our own certificates are not good for cacert.pem");
        Issued.Leaf(daemon, Issued.Load(daemon, "foreign", "foreign"), "stranger", Issued.Create(Idle), Issued.Now);
        await daemon.ClientAsync("certificate", "stranger.pem", "stranger.key", "-d", daemon.Endpoint)
            .Fails(119, "the server refused our certificate: unknown_ca");

        AssertNothingOf(daemon, "demo:stranger");
    }

    [Fact]
    public async Task An_expired_leaf_is_refused()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        Issued.Leaf(daemon, Issued.Load(daemon, "demo", "demo"), "late", Issued.Create(Idle), Issued.LastYear);

        await daemon.ClientAsync("certificate", "late.pem", "late.key", "-d", daemon.Endpoint)
            .Fails(119, "the server refused our certificate: certificate_expired");

        AssertNothingOf(daemon, "demo:late");
    }

    [Fact]
    public async Task A_leaf_without_the_extension_is_told_so()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        Issued.LeafWithoutExtension(daemon, "plain");

        await daemon.ClientAsync("certificate", "plain.pem", "plain.key", "-d", daemon.Endpoint)
            .Fails(117, "leaf certificate does not contain an albatross extension");
    }

    [Fact]
    public async Task A_server_with_another_name_is_not_trusted()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string image = DeployTests.Image(daemon, Idle);

        await daemon.RemoteAsync(["create", "one", image, "--mem", "16", "--server-name", "elsewhere"])
            .Fails(120, "the server is not trusted");
        await daemon.RemoteAsync(["create", "one", image, "--mem", "16", "--server-name", "server"]).Succeeds();
    }

    [Fact]
    public async Task Nobody_listening_is_said_so()
    {
        await using RunningDaemon daemon = await RunningDaemon.StartAsync();
        string gone = daemon.Endpoint;
        Assert.Equal(0, await daemon.StopAsync());

        await daemon.ClientAsync("info", "-d", gone, "--ca", "demo.pem", "--ca-key", "demo.key").Fails(122, "Connection refused");
    }

    private static void AssertNothingOf(RunningDaemon daemon, string name)
    {
        Assert.Null(daemon.TenderOf(name));
        Assert.False(File.Exists(Path.Combine(daemon.Directory, "run/fifo", name)));
    }
}
