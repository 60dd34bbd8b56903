using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Albatross.Daemon.Stats;

/// <summary>Serves <see cref="UnikernelMetrics"/> at <c>/metrics</c> on 127.0.0.1. Anything that may reach it there may read it.</summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";

    /// <summary>Makes Kestrel listen on loopback only.</summary>
    public static void Configure(IWebHostBuilder web, DaemonOptions options) => web.ConfigureKestrel((KestrelServerOptions kestrel) =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = 64;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Listen(IPAddress.Loopback, options.MetricsPort);
    });

    /// <summary>Maps the page, and writes its address to a file as soon as it is known.</summary>
    public static void Map(WebApplication app, UnikernelMetrics metrics, DaemonOptions options)
    {
        app.MapMetrics(Path, metrics.Registry);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            AddressFile.Write(options.MetricsAddressFile, new Uri(address).Authority);
            Log.Listening(app.Services.GetRequiredService<ILogger<UnikernelMetrics>>(), "metrics page", address + Path);
        });
        app.Lifetime.ApplicationStopped.Register(() => File.Delete(options.MetricsAddressFile));
    }
}
