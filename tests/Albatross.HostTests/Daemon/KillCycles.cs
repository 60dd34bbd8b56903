using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Albatross.Guests;
using Albatross.HostTests.Tender;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.HostTests.Daemon;

/// <summary>
/// The roles vmmd, console and stats as the operator's units run them, killed again and again while others create, replace, restart and
/// destroy unikernels. Some unikernels, the steady ones, are left alone by everybody: they must never notice.
/// </summary>
internal sealed partial class KillCycles : IAsyncDisposable
{
    private static readonly ImmutableArray<string> Busy = [":busy-plain", ":busy-replaced", ":busy-net", ":busy-loop"];
    private static readonly string[] Places = ["fifo", "tenders", "taps"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly string[] Roles = ["console", "stats", "vmmd"];

    private readonly string _directory = Directory.CreateTempSubdirectory("albatross-").FullName;
    private readonly NetworkNamespace _network = NetworkNamespace.WithBridges("br0 1500 10.0.0.1/24");
    private readonly Dictionary<string, Process> _roles = [];
    private readonly Dictionary<string, int> _steady = [];
    private readonly List<string> _log = [];
    private readonly Random _random;
    private readonly bool _hasKvm;
    private volatile bool _isPaused;
    private volatile bool _isEnding;

    private KillCycles(int seed, bool hasKvm) => (_random, _hasKvm) = (new Random(seed), hasKvm);

    /// <summary>What is counted.</summary>
    public KillFigures Figures { get; private set; } = new();

    private string Run => Path.Combine(_directory, "run");

    private string Vmmd => Path.Combine(Run, "util/vmmd.sock");

    private string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log.TakeLast(60));
            }
        }
    }

    /// <summary>Starts the roles and the steady unikernels, of both kinds where the host has KVM, one of them on a bridge.</summary>
    public static async Task<KillCycles> StartAsync(int seed, bool hasKvm)
    {
        // Each reader of a role's log holds a thread of the pool; with two processors it has two at first, and grows slowly.
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, 16), ports);
        var cycles = new KillCycles(seed, hasKvm);
        try
        {
            foreach (string role in Roles)
            {
                cycles.Start(role);
            }

            await cycles.Serves();
            TimeSpan tick = TimeSpan.FromMilliseconds(20);
            await cycles.MakeSteady(":steady-spt", SampleGuests.Ticker(tick, GuestTarget.Spt));
            await cycles.MakeSteady(":steady-net", DeviceGuests.Echo(1, int.MaxValue, GuestTarget.Spt), Settings(withNet: true));
            if (hasKvm)
            {
                await cycles.MakeSteady(":steady-hvt", SampleGuests.Ticker(tick, GuestTarget.Hvt));
                await cycles.MakeSteady(":steady-idle", SampleGuests.Idle(GuestTarget.Hvt));
            }

            return cycles;
        }
        catch
        {
            await cycles.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the daemon <paramref name="count"/> times under load, and looks each time what has become of everything.</summary>
    public async Task RunAsync(int count)
    {
        Task[] load = [.. Busy.Select((name, index) => LoadAsync(name, index))];
        for (int i = 0; i < count; i++)
        {
            _isPaused = false;
            await Task.Delay(_random.Next(150));
            await Kill(i % 5 == 4 ? Roles : ["vmmd"]);
            await Serves();
            Figures = Figures with { Cycles = Figures.Cycles + 1, Doubled = Figures.Doubled + Doubled() };
            _isPaused = true;
            await CheckAtRest(i);
        }

        _isEnding = true;
        _isPaused = false;
        await Task.WhenAll(load);
    }

    /// <summary>The last daemon ends everything in order; what is then left anywhere.</summary>
    public async Task<string[]> StopAsync()
    {
        await Kill(["vmmd"], "--stop-unikernels");
        await Serves();
        RunningDaemon.Signal(_roles["vmmd"].Id, 15);
        await _roles["vmmd"].WaitForExitAsync();
        Assert.Equal(0, _roles["vmmd"].ExitCode);
        return
        [
            .. Tenders().Select(tender => $"process of {tender.Name}"),
            .. Places.SelectMany(place => Directory.EnumerateFiles(Path.Combine(Run, place))),
            .. (await _network.Links()).Where(link => link.StartsWith("vmmtap", StringComparison.Ordinal)),
        ];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        foreach (Process role in _roles.Values)
        {
            if (!role.HasExited)
            {
                role.Kill();
            }

            await role.WaitForExitAsync();
            role.Dispose();
        }

        foreach ((_, int process) in Tenders())
        {
            RunningDaemon.Signal(process, 9);   // found by its console, which is below a directory of our own
        }

        _network.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static UnikernelSettings Settings(bool withNet = false, bool restarts = false) => new(
        restarts ? new FailBehaviour.Restart(default) : new FailBehaviour.Quit(),
        Startup: null,
        AddName: false,
        CpuIds: new ValueSet<long>([0]),
        MemoryMib: 4,
        Blocks: [],
        Nets: withNet ? [new NetAttachment(RawText.Of("service0"), RawText.Of("br0"), Mac: null)] : [],
        Arguments: null);

    private static Command.UnikernelCreate Create(byte[] image, UnikernelSettings settings, OnConflict conflict = OnConflict.Refuse) =>
        new(new UnikernelConfig(ImageType.Solo5, Compressed: false, image, settings), conflict);

    private async Task MakeSteady(string name, byte[] image, UnikernelSettings? settings = null)
    {
        Reply? reply = await LocalCommand.AskAsync(Vmmd, name, Create(image, settings ?? Settings()));
        Assert.True(reply is Reply.Success, $"{name}: {reply}\n{Log}");
        _steady[name] = Tenders().Single(tender => tender.Name == name).ProcessId;
    }

    // What it did not get an answer to may have happened or not, so every refusal is expected. It ends each round with a destroy, and
    // while it is paused nothing of it runs.
    private async Task LoadAsync(string name, int kind)
    {
        byte[] idle = SampleGuests.Idle(GuestTarget.Spt), other = _hasKvm ? SampleGuests.Idle(GuestTarget.Hvt) : idle;
        byte[] net = DeviceGuests.Echo(1, int.MaxValue, GuestTarget.Spt), ending = SampleGuests.Exit(42, GuestTarget.Spt);
        Command[][] rounds =
        [
            [Create(idle, Settings())],
            [Create(idle, Settings()), Create(other, Settings(), OnConflict.Replace), new Command.UnikernelRestart(null)],
            [Create(net, Settings(withNet: true)), Create(net, Settings(withNet: true), OnConflict.Replace)],
            [Create(ending, Settings(restarts: true)), new Command.UnikernelInfo()],
        ];
        while (!_isEnding)
        {
            foreach (Command command in rounds[kind].TakeWhile(_ => !_isPaused && !_isEnding))
            {
                Reply? reply = await LocalCommand.AskAsync(Vmmd, name, command);
                Figures.Count(reply);
            }

            Reply? destroyed = await LocalCommand.AskAsync(Vmmd, name, new Command.UnikernelDestroy());
            Figures.Count(destroyed);
            await Task.Delay(destroyed is null || _isPaused ? 10 : 1);
        }
    }

    private async Task CheckAtRest(int cycle)
    {
        string console = _steady.Keys.Where(name => name is ":steady-spt" or ":steady-hvt").ElementAt(cycle % (_hasKvm ? 2 : 1));
        bool isHeard = await Soon(() => LocalCommand.FollowAsync(Path.Combine(Run, "util/console.sock"), console, lines: 3));
        string[] left = [];
        await Soon(async () => (left = await Others()).Length == 0);

        var info = (Reply.Unikernels?)await LocalCommand.AskAsync(Vmmd, ":", new Command.UnikernelInfo());
        HashSet<string> shown = [.. info?.Entries.Select(entry => entry.Name.ToString()) ?? []];
        int lost = _steady.Count(one => !RunningDaemon.IsAlive(one.Value) || !shown.Contains(one.Key));
        int restarted = Tenders().Count(tender => _steady.TryGetValue(tender.Name, out int process) && process != tender.ProcessId);
        Figures = Figures with
        {
            Lost = Figures.Lost + lost,
            Restarted = Figures.Restarted + restarted,
            Leaked = Figures.Leaked + left.Length,
            Unheard = Figures.Unheard + (isHeard ? 0 : 1),
            Doubled = Figures.Doubled + Doubled(),
        };
        Assert.True(lost + restarted + left.Length == 0 && isHeard, $"cycle {cycle}: {Figures}; left: {string.Join(", ", left)}\n{Log}");
    }

    // What takes its time: a console service that was killed too, a unikernel that is being ended.
    private static async Task<bool> Soon(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < Patience)
        {
            if (await holds())
            {
                return true;
            }

            await Task.Delay(5);
        }

        return false;
    }

    // Everything that belongs to none of the steady ones.
    private async Task<string[]> Others()
    {
        string[] wanted = [.. _steady.Keys];
        IEnumerable<string> files = Places
            .SelectMany(place => Directory.EnumerateFiles(Path.Combine(Run, place)))
            .Where(file => !wanted.Contains(Path.GetFileName(file)));
        int images = Directory.EnumerateFiles(Path.Combine(_directory, "db/images")).Count() - wanted.Length;
        string[] links = [.. (await _network.Links()).Where(link => link.StartsWith("vmmtap", StringComparison.Ordinal))];
        return
        [
            .. files,
            .. Tenders().Where(tender => !wanted.Contains(tender.Name)).Select(tender => $"process {tender.ProcessId} of {tender.Name}"),
            .. images == 0 ? Array.Empty<string>() : [$"{images} images too many"],
            .. links.Length == 1 ? Array.Empty<string>() : [$"taps {string.Join(' ', links)}"],
        ];
    }

    private int Doubled() => Tenders().GroupBy(tender => tender.Name).Count(group => group.Count() > 1);

    /// <summary>Every process whose standard output is a FIFO of this daemon, also one that has no name any more.</summary>
    private List<(string Name, int ProcessId)> Tenders()
    {
        string fifos = Path.Combine(Run, "fifo") + "/";
        var found = new List<(string, int)>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
            {
                continue;
            }

            try
            {
                if (new FileInfo($"{process}/fd/1").LinkTarget is { } target && target.StartsWith(fifos, StringComparison.Ordinal))
                {
                    found.Add((target[fifos.Length..].Replace(" (deleted)", "", StringComparison.Ordinal), processId));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    private void Start(string role, params string[] more)
    {
        string[] own = role switch
        {
            "vmmd" => ["--dbdir", Path.Combine(_directory, "db"), .. more],
            "stats" => ["--metrics-port", "0"],
            _ => [],
        };
        string[] words =
            [.. _network.Words, Programs.Daemon.File, .. Programs.Daemon.FirstArguments, role, "--tmpdir", Run, .. own];
        var process = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginErrorReadLine();
        _roles[role] = process;
    }

    private void Note(string? line)
    {
        lock (_log)
        {
            _log.Add(line ?? "");
        }

        if (FoundLine().Match(line ?? "") is { Success: true } match)
        {
            long[] numbers = [.. match.Groups.Values.Skip(1).Select(group => long.Parse(group.Value, CultureInfo.InvariantCulture))];
            Figures.CountFound(numbers);
        }
    }

    private async Task Kill(string[] roles, params string[] more)
    {
        foreach (string role in roles)
        {
            _roles[role].Kill();
        }

        foreach (string role in roles)
        {
            await _roles[role].WaitForExitAsync();
            _roles[role].Dispose();
            Start(role, role == "vmmd" ? more : []);
        }
    }

    private async Task Serves()
    {
        bool serves = await Soon(async () => await LocalCommand.AskAsync(Vmmd, ":", new Command.PolicyInfo()) is not null);
        Assert.True(serves, $"vmmd does not serve:\n{Log}");
    }

    [GeneratedRegex("of an earlier daemon: (\\d+) tenders adopted, (\\d+) to be ended, (\\d+) ended meanwhile; freed (\\d+) taps, (\\d+) FIFOs, (\\d+) images")]
    private static partial Regex FoundLine();
}

/// <summary>What many kills have done.</summary>
internal sealed record KillFigures
{
    private readonly long[] _found = new long[6];
    private readonly long[] _answers = new long[3];

    public int Cycles { get; init; }

    public int Restarted { get; init; }

    public int Lost { get; init; }

    public int Doubled { get; init; }

    public int Leaked { get; init; }

    public int Unheard { get; init; }

    /// <summary>Adds what a daemon said that it found.</summary>
    public void CountFound(long[] numbers)
    {
        for (int i = 0; i < _found.Length; i++)
        {
            Interlocked.Add(ref _found[i], numbers[i]);
        }
    }

    /// <summary>Adds an answer to a command of the load: done, refused or none.</summary>
    public void Count(Reply? reply) => Interlocked.Increment(ref _answers[reply switch { null => 2, Reply.Failure => 1, _ => 0 }]);

    /// <inheritdoc/>
    public override string ToString() =>
        $"cycles={Cycles} restarted={Restarted} lost={Lost} doubled={Doubled} leaked={Leaked} unheard={Unheard}; "
        + $"adopted={_found[0]} ended={_found[1]} died={_found[2]} freed: taps={_found[3]} fifos={_found[4]} images={_found[5]}; "
        + $"load: done={_answers[0]} refused={_answers[1]} unanswered={_answers[2]}";
}
