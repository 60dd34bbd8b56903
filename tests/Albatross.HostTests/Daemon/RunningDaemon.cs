using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Albatross.Linux;

namespace Albatross.HostTests.Daemon;

/// <summary>
/// The published daemon with everything below a directory of its own, on free ports, with certificates made by the published
/// client: a root CA, the server, and a sub-CA <c>demo</c>. Ends, with all that it started, when it is disposed.
/// </summary>
internal sealed partial class RunningDaemon : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _log = [];
    private Process? _process;

    private RunningDaemon(string directory, DaemonPlace place) => (Directory, Place) = (directory, place);

    /// <summary>Where it runs, and its clients.</summary>
    public DaemonPlace Place { get; }

    /// <summary>Everything of this daemon is below it.</summary>
    public string Directory { get; }

    /// <summary>Certificates and keys.</summary>
    public string Pki => Path.Combine(Directory, "pki");

    /// <summary>HOST:PORT of the TLS endpoint.</summary>
    public string Endpoint => File.ReadAllText(Path.Combine(Directory, "run/util/endpoint.address")).Trim();

    /// <summary>HOST:PORT of the metrics page.</summary>
    public string Metrics => File.ReadAllText(Path.Combine(Directory, "run/util/metrics.address")).Trim();

    /// <summary>What the daemon logged so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>A daemon that serves, whose sub-CA demo may run 4 unikernels with 256 MB together.</summary>
    public static async Task<RunningDaemon> StartAsync(DaemonPlace? place = null)
    {
        DaemonPlace where = place ?? new DaemonPlace();
        if (where.NeedsKvm)
        {
            HostRequirement.Kvm();
        }

        var daemon = new RunningDaemon(System.IO.Directory.CreateTempSubdirectory("albatross-").FullName, where);
        System.IO.Directory.CreateDirectory(daemon.Pki);
        try
        {
            where.MakeData(Path.Combine(daemon.Directory, "db"));
            await daemon.MakeCertificatesAsync();
            await daemon.StartAgainAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the daemon in the same directory.</summary>
    public async Task StartAgainAsync()
    {
        // A daemon that was killed leaves these; the test must not read the old ones.
        string util = Path.Combine(Directory, "run/util");
        foreach (string address in System.IO.Directory.Exists(util) ? System.IO.Directory.EnumerateFiles(util, "*.address") : [])
        {
            File.Delete(address);
        }

        lock (_log)
        {
            _log.Clear();
        }

        (string file, string[] words) = Place.WordsOf(Programs.Daemon, ["all", "--dir", Directory, .. Place.Options]);
        var start = new ProcessStartInfo(file, words)
        {
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginErrorReadLine();
        await Eventually(
            () => File.Exists(Path.Combine(Directory, "run/util/endpoint.address"))
                && File.Exists(Path.Combine(Directory, "run/util/metrics.address"))
                && Log.Contains("vmmd listens", StringComparison.Ordinal)
                && Log.Contains("statistics service is connected", StringComparison.Ordinal),
            () => $"the daemon does not serve:\n{Log}");
    }

    /// <summary>Runs the client in the directory of the certificates.</summary>
    public Task<ClientRun> ClientAsync(params string[] arguments) => ClientRun.RunAsync(Place, Pki, arguments);

    /// <summary>Runs the client against the endpoint with the certificates of a CA, <c>demo</c> unless another is named.</summary>
    public Task<ClientRun> RemoteAsync(string[] arguments, string ca = "demo") =>
        ClientAsync([.. arguments, "--destination", Endpoint, "--ca", ca + ".pem", "--ca-key", ca + ".key"]);

    /// <summary>The process of the unikernel's tender, by the daemon's record; null when there is none.</summary>
    public int? TenderOf(string name)
    {
        string record = RecordOf(name);
        return File.Exists(record) ? ProcessIn(record)?.ProcessId : null;
    }

    /// <summary>The daemon's record of the unikernel's tender.</summary>
    public string RecordOf(string name) => Path.Combine(Directory, "run/tenders", name);

    /// <summary>The process of a role (Console, Stats, Vmmd, Endpoint).</summary>
    public int ProcessOf(string role) => int.Parse(
        RoleLine().Matches(Log).Last(match => match.Groups[1].Value == role).Groups[2].Value, CultureInfo.InvariantCulture);

    /// <summary>The parent of the roles.</summary>
    public int Parent => _process!.Id;

    /// <summary>SIGTERM to the daemon, and its exit status. Unikernels run on, unless it was started with --stop-unikernels.</summary>
    public async Task<int> StopAsync()
    {
        Signal(_process!.Id, 15);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        int status = _process.ExitCode;
        _process.Dispose();
        _process = null;
        return status;
    }

    /// <summary>SIGKILL to the daemon and its roles at once, as a crash of everything; tenders are not touched.</summary>
    public async Task KillAsync()
    {
        int[] processes = [_process!.Id, ProcessOf("Vmmd"), ProcessOf("Console"), ProcessOf("Stats"), ProcessOf("Endpoint")];
        foreach (int process in processes)
        {
            Signal(process, 9);
        }

        await _process.WaitForExitAsync().WaitAsync(Patience);
        await Eventually(() => processes.All(process => !IsAlive(process)), () => "a role survived SIGKILL");
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends a signal to a process of this daemon; one that has ended is ignored.</summary>
    public static void Signal(int processId, int signal)
    {
        try
        {
            using var process = ProcessDescriptor.Open(processId);
            process.Signal(signal);
        }
        catch (LinuxException)
        {
            // It has ended.
        }
    }

    /// <summary>Whether a process exists and has not ended.</summary>
    public static bool IsAlive(int processId) => ProcessStatus.Of(processId) is { State: not 'Z' };

    /// <summary>Ends a process that is not ours, and waits until its parent has collected it too, so that its number means nothing.</summary>
    public static async Task EndAsync(int processId)
    {
        ulong? startTicks = ProcessStatus.Of(processId)?.StartTicks;
        Signal(processId, 9);
        await Eventually(
            () => ProcessStatus.Of(processId) is not { } status || status.StartTicks != startTicks, () => $"process {processId} is left");
    }

    /// <summary>Waits until something holds; fails with <paramref name="otherwise"/> when it does not within half a minute.</summary>
    public static async Task Eventually(Func<bool> holds, Func<string> otherwise)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < Patience, otherwise());
            await Task.Delay(20);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        EndTenders(Path.Combine(Directory, "run/tenders"));

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>Ends every tender of which a record is in <paramref name="records"/>, once no daemon runs there.</summary>
    public static void EndTenders(string records)
    {
        foreach (string record in System.IO.Directory.Exists(records) ? System.IO.Directory.EnumerateFiles(records) : [])
        {
            if (ProcessIn(record) is var (processId, startTicks) && ProcessStatus.Of(processId)?.StartTicks == startTicks)
            {
                Signal(processId, 9);
            }
        }
    }

    private static (int ProcessId, ulong StartTicks)? ProcessIn(string record) => File.ReadAllLines(record)
        .Select(line => line.Split(' '))
        .Where(words => words is ["process", _, _])
        .Select(words => ((int, ulong)?)(int.Parse(words[1], CultureInfo.InvariantCulture), ulong.Parse(words[2], CultureInfo.InvariantCulture)))
        .FirstOrDefault();

    private async Task MakeCertificatesAsync()
    {
        if (Place.Certificates is { } given)
        {
            foreach (string file in (string[])["cacert.pem", "server.pem", "server.key"])
            {
                File.Copy(Path.Combine(given, file), Path.Combine(Pki, file));
            }

            return;
        }

        await ClientAsync("generate", "root", "db").Succeeds();
        string[] bridges = [.. Place.Bridges.SelectMany(bridge => (string[])["--bridge", bridge])];
        string[] block = Place.BlockMib is { } mib ? ["--block", $"{mib}"] : [];
        await ClientAsync(["add-policy", "demo", "4", "--mem", "256", "--cpu", "0", "--cpu", "1", .. bridges, .. block, "--csr"]).Succeeds();
        await ClientAsync("sign", "cacert.pem", "db", "root.key", "demo.req").Succeeds();
    }

    private void Note(string? line)
    {
        lock (_log)
        {
            _log.Add(line ?? "");
        }
    }

    [GeneratedRegex("role (\\w+) runs as process (\\d+)")]
    private static partial Regex RoleLine();
}
