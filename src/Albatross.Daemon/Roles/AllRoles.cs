using System.Diagnostics;
using System.Globalization;
using Albatross.Daemon.Wire;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Roles;

/// <summary>
/// The parent of the four roles: starts each as a process of its own over real sockets, starts it anew when it ends by itself,
/// and ends them in order, vmmd before those that it needs. A role ends with its parent, because its standard input does.
/// </summary>
internal sealed class AllRoles(DaemonOptions options, LogThreshold threshold, TimeProvider time, ILogger<AllRoles> log) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SettledAfter = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        options.MakeDirectories();
        LocalSocket.RefuseIfServed(options.VmmdSocket);
        using var supporting = new CancellationTokenSource();
        using var deciding = new CancellationTokenSource();
        Task[] supporters = [KeepAsync(Role.Console, supporting.Token), KeepAsync(Role.Stats, supporting.Token)];
        Task vmmd = KeepAsync(Role.Vmmd, deciding.Token);
        await KeepAsync(Role.Endpoint, stoppingToken).ConfigureAwait(false);
        await deciding.CancelAsync().ConfigureAwait(false);
        await vmmd.ConfigureAwait(false);
        await supporting.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(supporters).ConfigureAwait(false);
    }

    private async Task KeepAsync(Role role, CancellationToken stopping)
    {
        TimeSpan delay = FirstDelay;
        while (!stopping.IsCancellationRequested)
        {
            long started = time.GetTimestamp();
            int status = await RunAsync(role, stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            delay = time.GetElapsedTime(started) > SettledAfter ? FirstDelay : delay;
            Log.RoleEnded(log, role.ToString(), status, delay.TotalSeconds);
            await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    private async Task<int> RunAsync(Role role, CancellationToken stopping)
    {
        using Process process = Process.Start(StartOf(role)) ?? throw new InvalidOperationException($"{role} was not started");
        Log.RoleStarted(log, role.ToString(), process.Id);
        await using (stopping.Register(process.StandardInput.Close).ConfigureAwait(false))
        {
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return process.ExitCode;
    }

    private ProcessStartInfo StartOf(Role role)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("the program's own file is not known");
        var start = new ProcessStartInfo(self) { RedirectStandardInput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);   // the JIT build, started as "dotnet albatross-daemon.dll"
        }

        string[] arguments =
        [
            role.ToString().ToLowerInvariant(),
            CommandLine.TmpDir, options.RunDirectory,
            CommandLine.LogLevelName, threshold.Level.ToString(),
            CommandLine.EndWithInputName,
        ];
        string[] own = role switch
        {
            Role.Vmmd =>
            [
                CommandLine.DbDir, options.DataDirectory,
                .. options.HvtTender is { } hvt ? (string[])[CommandLine.TenderHvt, hvt] : [],
                .. options.SptTender is { } spt ? (string[])[CommandLine.TenderSpt, spt] : [],
                .. options.StopUnikernels ? (string[])[CommandLine.StopUnikernels] : [],
            ],
            Role.Endpoint =>
            [
                CommandLine.Ca, options.CaFile, CommandLine.Cert, options.CertificateFile, CommandLine.Key, options.KeyFile,
                CommandLine.Ip, options.Address, CommandLine.Port, options.Port.ToString(CultureInfo.InvariantCulture),
            ],
            Role.Stats => [CommandLine.MetricsPort, options.MetricsPort.ToString(CultureInfo.InvariantCulture)],
            _ => [],
        };
        foreach (string argument in arguments.Concat(own))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
