namespace Albatross.HostTests;

/// <summary>
/// What a test needs of the machine. Where it is missing the test is skipped, visibly; with CI=true it fails, so that nothing is skipped
/// unnoticed there.
/// </summary>
internal static class HostRequirement
{
    /// <summary>/dev/kvm, readable and writable.</summary>
    internal static void Kvm()
    {
        try
        {
            using FileStream kvm = File.Open("/dev/kvm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Miss($"no KVM: {e.Message}");
        }
    }

    /// <summary>The rights of root.</summary>
    internal static void Root()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Miss("not root");
        }
    }

    /// <summary>Network namespaces and taps: root, /dev/net/tun, ip and ping.</summary>
    internal static void NetworkNamespaces()
    {
        Root();
        if (!File.Exists("/dev/net/tun"))
        {
            Miss("no /dev/net/tun");
        }

        Program("ip");
        Program("ping");
    }

    /// <summary>A program on PATH.</summary>
    internal static void Program(string name)
    {
        if (Find(name) is null)
        {
            Miss($"{name} is not installed");
        }
    }

    /// <summary>The path of Prometheus: on PATH, or where ./check has unpacked it.</summary>
    internal static string Prometheus()
    {
        string unpacked = Path.Combine(Programs.RepositoryRoot, "artifacts/prometheus/usr/bin/prometheus");
        string? found = Find("prometheus") ?? (File.Exists(unpacked) ? unpacked : null);
        if (found is null)
        {
            Miss("Prometheus is neither installed nor unpacked by ./check");
        }

        return found!;
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':')
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Skips the test, or lets it fail under CI.</summary>
    internal static void Miss(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }
}
