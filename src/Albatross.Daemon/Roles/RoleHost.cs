using System.Diagnostics;
using Albatross.Daemon.Consoles;
using Albatross.Daemon.Endpoint;
using Albatross.Daemon.State;
using Albatross.Daemon.Stats;
using Albatross.Daemon.Vmmd;
using Albatross.Linux;
using Albatross.Solo5;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Roles;

/// <summary>Hosts one role in this process: logging, signals, and the end of the parent.</summary>
internal static class RoleHost
{
    // Longer than a tender's grace, so that an orderly stop is never cut off.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Runs <paramref name="role"/> until it is told to end; the process's exit status.</summary>
    public static async Task<int> RunAsync(Role role, DaemonOptions options, LogLevel level)
    {
        if (role is Role.All or Role.Vmmd
            && (await RefuseTendersAsync(options).ConfigureAwait(false) ?? RefuseState(role, options)) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"albatross-daemon: {sentence}").ConfigureAwait(false);
            return 1;
        }

        using IHost host = role == Role.Stats ? BuildStats(options, level) : Build(role, options, level);
        if (options.EndWithInput)
        {
            EndWithInput(host.Services.GetRequiredService<IHostApplicationLifetime>());
        }

        BackgroundService service = host.Services.GetServices<IHostedService>().OfType<BackgroundService>().First();
        await host.RunAsync().ConfigureAwait(false);

        // A role that failed has stopped its host; its exception tells the exit status.
        return service.ExecuteTask is null or { IsFaulted: true } ? 1 : 0;
    }

    // Before anything is started: a daemon with a wrong tender would fail every create.
    private static async Task<string?> RefuseTendersAsync(DaemonOptions options)
    {
        (string? Path, AbiTarget Target)[] tenders = [(options.HvtTender, AbiTarget.Hvt), (options.SptTender, AbiTarget.Spt)];
        foreach ((string? path, AbiTarget target) in tenders)
        {
            if (path is not null && await InstalledTender.WhyNotAsync(path, target).ConfigureAwait(false) is { } sentence)
            {
                return sentence;
            }
        }

        return null;
    }

    // A daemon that started with nothing, because it cannot read what is wanted, would lose it. A child's parent has looked already.
    private static string? RefuseState(Role role, DaemonOptions options)
    {
        if ((role == Role.Vmmd && options.EndWithInput) || !Directory.Exists(options.DataDirectory))
        {
            return null;
        }

        try
        {
            if (new StateStore(DurableDirectory.Open(options.DataDirectory)).Load() is null)
            {
                OriginalState.Read(options.DataDirectory);
            }

            return null;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        finally
        {
            GC.Collect();   // the original's file holds all images, and this process stays
        }
    }

    private static IHost Build(Role role, DaemonOptions options, LogLevel level)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        AddBasics(builder.Services, builder.Logging, role, options, level);
        switch (role)
        {
            case Role.All:
                builder.Services.AddHostedService<AllRoles>();
                break;
            case Role.Vmmd:
                builder.Services.AddHostedService<VmmdRole>();
                break;
            case Role.Console:
                builder.Services.AddHostedService<ConsoleRole>();
                break;
            case Role.Endpoint:
                builder.Services.AddHostedService<EndpointRole>();
                break;
            default:
                throw new UnreachableException($"role {role} has a host of its own");
        }

        return builder.Build();
    }

    private static WebApplication BuildStats(DaemonOptions options, LogLevel level)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        AddBasics(builder.Services, builder.Logging, Role.Stats, options, level);
        var metrics = new UnikernelMetrics(Program.Version);
        builder.Services.AddSingleton(metrics);
        builder.Services.AddHostedService<StatsRole>();
        MetricsEndpoint.Configure(builder.WebHost, options);
        WebApplication app = builder.Build();
        MetricsEndpoint.Map(app, metrics, options);
        return app;
    }

    private static void AddBasics(IServiceCollection services, ILoggingBuilder logging, Role role, DaemonOptions options, LogLevel level)
    {
        RoleLog.Configure(logging, role, level);
        services.AddSingleton(options);
        services.AddSingleton(new LogThreshold(level));
        services.AddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
    }

    // The parent holds the other end of our standard input and never writes: its end is the parent's end.
    private static void EndWithInput(IHostApplicationLifetime lifetime)
    {
        var waiting = new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            Span<byte> nothing = stackalloc byte[1];
            while (input.Read(nothing) > 0)
            {
            }

            lifetime.StopApplication();
        })
        {
            IsBackground = true,
            Name = "parent",
        };
        waiting.Start();
    }
}
