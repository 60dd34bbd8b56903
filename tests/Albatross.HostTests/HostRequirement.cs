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

    private static void Miss(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Skip(reason);
    }
}
