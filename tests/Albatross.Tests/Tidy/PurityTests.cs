using System.Reflection.Metadata;

namespace Albatross.Tests.Tidy;

/// <summary>The core computes values from values. Its assemblies say themselves what they use.</summary>
public sealed class PurityTests
{
    // Prefixes of members; a type ends with '.'.
    private static readonly string[] Forbidden =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.Stream", "System.IO.Pipes.", "System.IO.RandomAccess.", "System.IO.Path.",
        "System.Console.", "System.Environment.", "System.AppContext.", "System.Diagnostics.Process", "System.Diagnostics.Stopwatch.",
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.TimeProvider.",
        "System.Random.", "System.Guid.NewGuid", "System.Security.Cryptography.RandomNumberGenerator.",
        "Org.BouncyCastle.Security.SecureRandom.GetInstance",
        "System.Threading.Tasks.", "System.Threading.Thread", "System.Threading.Timer.", "System.Threading.SemaphoreSlim.",
        "System.Threading.Lock.", "System.Threading.Monitor.", "System.Threading.Channels.",
        "System.Net.Sockets.", "System.Net.Http.", "System.Net.Dns.",
        "System.Runtime.InteropServices.Marshal.", "System.Runtime.InteropServices.NativeLibrary.",
        "Microsoft.Extensions.", "Serilog.", "Prometheus.",
    ];

    [Theory]
    [InlineData("Albatross.Policy")]
    [InlineData("Albatross.Protocol")]
    [InlineData("Albatross.Certificates")]
    [InlineData("Albatross.Solo5")]
    [InlineData("Albatross.Orchestration")]
    public void A_pure_assembly_uses_no_file_socket_process_clock_random_number_thread_or_log(string project)
    {
        using var assembly = Assemblies.Open(project);

        // The compiler's iterators ask for the thread that made them.
        string[] used = [.. Assemblies.UsedMembers(assembly.GetMetadataReader()).Except(["System.Environment.get_CurrentManagedThreadId"])];

        Assert.NotEmpty(used);
        Assert.DoesNotContain(used, member => Forbidden.Any(prefix => member.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Albatross.Daemon", "System.IO.File")]
    [InlineData("Albatross.Daemon", "System.Threading.Channels.")]
    [InlineData("Albatross.Linux", "System.Threading.Thread")]
    public void The_rule_recognises_what_an_impure_assembly_uses(string project, string prefix)
    {
        using var assembly = Assemblies.Open(project);

        Assert.Contains(Assemblies.UsedMembers(assembly.GetMetadataReader()), member => member.StartsWith(prefix, StringComparison.Ordinal));
        Assert.Contains(prefix, Forbidden);
    }
}
