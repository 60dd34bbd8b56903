using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Albatross.Guests;
using Albatross.Linux;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>
/// A hostile program in the place of the guest (spt) or of the run loop (hvt) tries something. Inside the whole lock-down it fails; with
/// every wall out that stops it, it succeeds; and with only one of these walls in, that one alone stops it.
/// </summary>
public sealed class WallTests : IDisposable
{
    private const string SocketName = "albatross-wall";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-wall-");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Process? _other;

    public WallTests() => HostRequirement.Root();

    /// <summary>Every attempt and every wall of it, by name.</summary>
    public static TheoryData<GuestTarget, string, Wall> Walls => [.. Cases(GuestTarget.Spt).Concat(Cases(GuestTarget.Hvt))];

    /// <summary>Every attempt, by name.</summary>
    public static TheoryData<GuestTarget, string> Everything =>
        [.. Walls.Select(row => (row.Data.Item1, row.Data.Item2)).Distinct()];

    [Theory]
    [MemberData(nameof(Walls))]
    public void A_wall_alone_stops_what_it_is_for(GuestTarget target, string name, Wall wall)
    {
        Attempt attempt = Find(target, name);
        Stop[] stops = [.. attempt.StopsOf(target)];
        (ProcessExit exit, string output, long disk) = Run(target, attempt, [.. stops.Select(stop => stop.Wall).Where(other => other != wall), .. attempt.AlsoOut]);
        Assert.Equal((stops.Single(stop => stop.Wall == wall).End, ""), (exit, Written(output)));
        Assert.Equal(HostileContext.DiskBytes, disk);
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Without_its_walls_an_attempt_succeeds(GuestTarget target, string name)
    {
        Attempt attempt = Find(target, name);
        (ProcessExit exit, string output, long disk) = Run(target, attempt, [.. attempt.StopsOf(target).Select(stop => stop.Wall), .. attempt.AlsoOut]);
        Assert.True((attempt.Success, attempt.DiskAfterwards) == (exit, disk), $"{exit}, a disk of {disk} bytes, {output}");
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void The_whole_lock_down_stops_every_attempt(GuestTarget target, string name)
    {
        Attempt attempt = Find(target, name);
        Stop first = attempt.StopsOf(target).First();
        (ProcessExit exit, string output, long disk) = Run(target, attempt, []);
        ProcessExit expected = attempt.AlsoOut.Contains(Wall.Filter) ? new ProcessExit(ProcessExitKind.Killed, 31) : first.End;
        Assert.Equal((expected, "", HostileContext.DiskBytes), (exit, output, disk));
    }

    [Fact]
    public void There_are_more_than_thirty_attempts_for_each_target()
    {
        Assert.InRange(Cases(GuestTarget.Spt).Select(row => row.Item2).Distinct().Count(), 31, 100);
        Assert.InRange(Cases(GuestTarget.Hvt).Select(row => row.Item2).Distinct().Count(), 31, 100);
        Assert.Equal(Enum.GetValues<Wall>(), Attempts.All.SelectMany(attempt => attempt.Stops).Select(stop => stop.Wall).Distinct().Order());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _other?.Kill();
        _other?.Dispose();
        _listener.Dispose();
        _socket.Dispose();
        _directory.Delete(recursive: true);
    }

    private static IEnumerable<(GuestTarget, string, Wall)> Cases(GuestTarget target) => Attempts.All
        .Where(attempt => attempt.For.HasFlag(target == GuestTarget.Hvt ? Targets.Hvt : Targets.Spt))
        .SelectMany(attempt => attempt.StopsOf(target).Select(stop => (target, attempt.Name, stop.Wall)));

    private static Attempt Find(GuestTarget target, string name)
    {
        if (target == GuestTarget.Hvt)
        {
            HostRequirement.Kvm();
        }

        return Attempts.All.Single(attempt => attempt.Name == name);
    }

    /// <summary>A failing program of somebody else (cat, the loader) may say why; a hostile one says nothing.</summary>
    private static string Written(string output) => output.StartsWith('/') ? "" : output;

    private (ProcessExit Exit, string Output, long DiskBytes) Run(GuestTarget target, Attempt attempt, Wall[] without)
    {
        using var run = new HostileRun(target, Prepare(attempt));
        return run.Of(attempt.Code, attempt.Starter, without);
    }

    private HostileContext Prepare(Attempt attempt)
    {
        _listener.Start();
        string name = $"{SocketName}-{Guid.NewGuid()}";
        _socket.Bind(new UnixDomainSocketEndPoint($"\0{name}"));
        _socket.Listen();
        string secret = Path.Combine(_directory.FullName, "secret");
        string printer = Path.Combine(_directory.FullName, "printer");
        File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101);
        File.WriteAllText(secret, "secret\n");
        File.SetUnixFileMode(secret, UnixFileMode.None);
        if (attempt.Starter == Starter.Root)
        {
            Execute("chown", "65534:65534", secret);
        }

        File.Copy("/bin/cat", printer);
        File.SetUnixFileMode(printer, UnixFileMode.SetUser | (UnixFileMode)0b111_101_101);
        return new HostileContext
        {
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            Socket = name,
            Printer = printer,
            Secret = secret,
            OtherProcess = attempt.Starter == Starter.Nobody ? SleepAsNobody() : Environment.ProcessId,
        };
    }

    private static void Execute(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private int SleepAsNobody()
    {
        HostRequirement.Program("setpriv");
        _other = Process.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "sleep", "60"]);
        while (File.ReadAllText($"/proc/{_other.Id}/comm") != "sleep\n")
        {
            Thread.Sleep(1);
        }

        return _other.Id;
    }
}
