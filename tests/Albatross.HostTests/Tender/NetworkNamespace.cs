using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Albatross.Linux;

namespace Albatross.HostTests.Tender;

/// <summary>A network namespace of the test's own; it and its interfaces go with this object, and with the machine's next reboot.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x4000_0000;

    private readonly string _name = $"albatross-test-{Environment.ProcessId}-{Guid.NewGuid():N}"[..40];

    private NetworkNamespace() => Ip("netns", "add", _name);

    /// <summary>A namespace with these taps, each as "NAME MTU ADDRESS" ("tap100 1500 10.0.0.1/24"), up.</summary>
    internal static NetworkNamespace With(params ReadOnlySpan<string> taps)
    {
        HostRequirement.NetworkNamespaces();
        var made = new NetworkNamespace();
        try
        {
            foreach (string tap in taps)
            {
                made.Add(tap.Split(' '));
            }

            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A namespace with these bridges, each as "NAME MTU ADDRESS" ("br0 1500 10.0.0.1/24"), up, and with loopback. Each has a port
    /// "NAME-up", whose MTU is the bridge's.
    /// </summary>
    internal static NetworkNamespace WithBridges(params ReadOnlySpan<string> bridges)
    {
        HostRequirement.NetworkNamespaces();
        var made = new NetworkNamespace();
        try
        {
            Ip("-n", made._name, "link", "set", "lo", "up");
            foreach (string bridge in bridges)
            {
                made.AddBridge(bridge.Split(' '));
            }

            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>What is put before a program and its arguments so that it runs in the namespace.</summary>
    internal ImmutableArray<string> Words => ["ip", "netns", "exec", _name];

    /// <summary>The names of the interfaces that are there now, but for loopback.</summary>
    internal async Task<string[]> Links()
    {
        TenderRun run = await Run("ls", "/sys/class/net");
        return [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => name != "lo")];
    }

    /// <summary>Runs <c>albatross-tender</c> in the namespace to its end.</summary>
    internal Task<TenderRun> Tender(params string[] arguments) => TenderRun.Of("ip", TenderWords(arguments));

    /// <summary>Starts <c>albatross-tender</c> in the namespace.</summary>
    internal Process StartTender(params string[] arguments) => TenderRun.Start("ip", TenderWords(arguments));

    /// <summary>Runs another program in the namespace; its output and status.</summary>
    internal Task<TenderRun> Run(params string[] words) => TenderRun.Of("ip", ["netns", "exec", _name, .. words]);

    /// <summary>Calls <paramref name="work"/> on a thread of its own that is in the namespace.</summary>
    internal T Inside<T>(Func<T> work)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using DeviceFile file = DeviceFile.OpenForReading($"/run/netns/{_name}");
                Assert.Equal(0, EnterNamespace(file, NewNetwork));
                result = work();
            }
            catch (Exception e)
            {
                failure = e;   // thrown where the thread is waited for
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException(failure.Message, failure);
    }

    /// <summary>Changes an interface: <c>ip link set NAME WORDS</c>.</summary>
    internal void SetLink(string name, params string[] words) => Ip(["-n", _name, "link", "set", name, .. words]);

    /// <inheritdoc/>
    public void Dispose() => Ip("netns", "delete", _name);

    private string[] TenderWords(string[] arguments)
    {
        ProgramCommand tender = Programs.Tender;
        return ["netns", "exec", _name, tender.File, .. tender.FirstArguments, .. arguments];
    }

    private void AddBridge(string[] bridge)
    {
        Ip("-n", _name, "tuntap", "add", $"{bridge[0]}-up", "mode", "tap");
        Ip("-n", _name, "link", "set", $"{bridge[0]}-up", "mtu", bridge[1]);
        Ip("-n", _name, "link", "add", bridge[0], "type", "bridge");
        Ip("-n", _name, "link", "set", $"{bridge[0]}-up", "master", bridge[0], "up");
        Ip("-n", _name, "addr", "add", bridge[2], "dev", bridge[0]);
        Ip("-n", _name, "link", "set", bridge[0], "up");
    }

    private void Add(string[] tap)
    {
        Ip("-n", _name, "tuntap", "add", tap[0], "mode", "tap");
        Ip("-n", _name, "link", "set", tap[0], "mtu", tap[1]);

        // No neighbours or addresses by IPv6: its own packets would be counted with those of the test.
        Ip("netns", "exec", _name, "sysctl", "-q", "-w", $"net.ipv6.conf.{tap[0]}.disable_ipv6=1");
        Ip("-n", _name, "addr", "add", tap[2], "dev", tap[0]);
        Ip("-n", _name, "link", "set", tap[0], "up");
    }

    private static void Ip(params string[] words)
    {
        using Process process = TenderRun.Start("ip", words);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"ip {string.Join(' ', words)}: {error}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(SafeHandle descriptor, int kind);
}
