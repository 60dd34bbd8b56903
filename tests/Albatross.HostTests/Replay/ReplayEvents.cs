using System.Text.RegularExpressions;
using Albatross.HostTests.Daemon;

namespace Albatross.HostTests.Replay;

/// <summary>
/// What had happened when the original was asked, because time had passed: here it is waited for as an event that can be seen.
/// </summary>
internal sealed class ReplayEvents(RunningDaemon daemon, ReplayPeer peer)
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;
    private const int TerminateBit = 1 << (15 - 1);

    /// <summary>Waits for what has to be so before <paramref name="step"/>.</summary>
    public Task AwaitBeforeAsync(RecordedStep step) => (step.Exchange, step.Number) switch
    {
        ("local", 31) => ConsoleIsInactiveAsync(step),
        ("local", 67) => HaveEndedAsync(":bad"),
        ("tls", 17) => HaveEndedAsync(
            "alpha:create-raw", "alpha:create-zlib", "alpha:create-level1", "alpha:create-args", "alpha:create-noname"),
        ("tls", 23) => FreezeAsync("alpha:create-restart"),
        ("tls", 25) => FreezeAsync("alpha:create-restart-codes"),
        ("tls", 27) => HaveEndedAsync("alpha:create-restart-other"),
        ("tls", 36) => HaveEndedAsync("alpha:create-exit64", "alpha:create-exit64", "alpha:create-exit1"),
        ("tls", 37) => NobodyFollowsAsync(),
        ("tls", 53) => NobodyWritesAsync(step),
        ("tls", 72) => HaveEndedAsync("alpha:create-stream", "alpha:create-stream", "alpha:create-stream-z"),
        _ => Task.CompletedTask,
    };

    /// <summary>Does what has to happen while <paramref name="step"/> waits for its answer.</summary>
    public async Task AwaitDuringAsync(RecordedStep step, Task playing)
    {
        string? frozen = (step.Exchange, step.Number) switch
        {
            ("tls", 23) => "alpha:create-restart",
            ("tls", 25) => "alpha:create-restart-codes",
            _ => null,
        };
        if (frozen is not null && daemon.TenderOf(frozen) is { } tender)
        {
            await RunningDaemon.Eventually(() => playing.IsCompleted || IsToldToEnd(tender), () => $"{frozen} is not told to end");
            RunningDaemon.Signal(tender, ContinueSignal);
        }
    }

    // As often as each is named.
    private async Task HaveEndedAsync(params string[] names)
    {
        foreach (IGrouping<string, string> name in names.GroupBy(name => name))
        {
            var ended = new Regex($"(?<![\\w:]){Regex.Escape(name.Key)} (exited with status|was ended by signal) ");
            await RunningDaemon.Eventually(
                () => ended.Count(daemon.Log) >= name.Count(), () => $"{name.Key} has not ended {name.Count()} times:\n{daemon.Log}");
        }
    }

    // Who followed a console has gone, which its service notices when it reads on; until then that console is kept. What is left is vmmd.
    private Task NobodyFollowsAsync()
    {
        string socket = Path.Combine(daemon.Directory, "run/util/console.sock");
        string connections = $"/proc/{daemon.ProcessOf("Console")}/net/unix";
        const string Connected = "03";
        return RunningDaemon.Eventually(
            () => File.ReadLines(connections)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Count(words => words.Length == 8 && words[5] == Connected && words[7] == socket) == 1,
            () => $"somebody follows a console, or vmmd does not:\n{File.ReadAllText(connections)}");
    }

    // A unikernel that ends and is started again and again is caught while it runs, and runs until it is told to end.
    private async Task FreezeAsync(string name)
    {
        int? frozen = null;
        await RunningDaemon.Eventually(
            () =>
            {
                if (daemon.TenderOf(name) is { } tender)
                {
                    RunningDaemon.Signal(tender, StopSignal);
                    frozen = daemon.TenderOf(name) == tender && IsStopped(tender) ? tender : null;
                }

                return frozen is not null;
            },
            () => $"{name} does not run");
    }

    private static bool IsStopped(int processId) => Linux.ProcessStatus.Of(processId) is { State: 'T' };

    private static bool IsToldToEnd(int processId)
    {
        string path = $"/proc/{processId}/status";
        string? pending = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal))
            : null;
        return pending is null || (Convert.ToUInt64(pending["ShdPnd:".Length..].Trim(), 16) & TerminateBit) != 0;
    }

    // The client of the step before went away in the middle of its data, which the daemon notices when it reads on.
    private async Task NobodyWritesAsync(RecordedStep step)
    {
        Answer last;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            last = await peer.PlayAsync(step, (int.MaxValue, Ends.Closed));
        }
        while (last.Payloads(step.Varies).ToJsonString().Contains("is in use", StringComparison.Ordinal));
    }

    private async Task ConsoleIsInactiveAsync(RecordedStep step)
    {
        Answer last;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            last = await peer.PlayAsync(step, (step.Count, step.End));
        }
        while (last.DifferenceTo(step) is not null && last.Payloads("").ToJsonString().Contains("\"consoles\"", StringComparison.Ordinal));
    }
}
