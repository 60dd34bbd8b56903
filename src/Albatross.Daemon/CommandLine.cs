using System.CommandLine;
using Albatross.Daemon.Roles;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon;

/// <summary>The daemon's command line: one subcommand per role, <c>all</c>, and <c>simulate</c>.</summary>
internal static partial class CommandLine
{
    public const string TmpDir = "--tmpdir";
    public const string DbDir = "--dbdir";
    public const string TenderHvt = "--tender-hvt";
    public const string TenderSpt = "--tender-spt";
    public const string Ca = "--ca";
    public const string Cert = "--cert";
    public const string Key = "--key";
    public const string Ip = "--ip";
    public const string Port = "--port";
    public const string MetricsPort = "--metrics-port";
    public const string LogLevelName = "--log-level";
    public const string StopUnikernels = "--stop-unikernels";
    public const string EndWithInputName = "--end-with-input";

    private const int DefaultPort = 1025;
    private const int DefaultMetricsPort = 9425;
    private const int DefaultHistories = 1000;

    /// <summary>Builds it.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("Runs MirageOS and Solo5 unikernels for whoever presents a certificate.");
        root.Subcommands.Add(All());
        root.Subcommands.Add(Single(Role.Vmmd, "The privileged role: decides, and runs the tenders."));
        root.Subcommands.Add(Single(Role.Console, "Keeps the last lines of every console and sends them to subscribers."));
        root.Subcommands.Add(Single(Role.Stats, "Serves the metrics page for Prometheus on 127.0.0.1."));
        root.Subcommands.Add(Single(Role.Endpoint, "Takes commands by mutual TLS."));
        root.Subcommands.Add(Simulate());
        return root;
    }

    private static Command All()
    {
        var directory = new Option<string>("--dir")
        {
            Description = "Everything is below this directory: run/, db/block/ and pki/{cacert.pem,server.pem,server.key}.",
            DefaultValueFactory = _ => ".albatross",
        };
        var ip = new Option<string>(Ip) { Description = "Address of the TLS endpoint.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>(Port)
        {
            Description = "TCP port of the TLS endpoint; 0 takes a free one.", DefaultValueFactory = _ => 0,
        };
        var metrics = new Option<int>(MetricsPort)
        {
            Description = "TCP port of the metrics page on 127.0.0.1; 0 takes a free one.", DefaultValueFactory = _ => 0,
        };
        (Option<string?> hvt, Option<string?> spt) = Tenders();
        Option<bool> stop = Stop();
        Option<LogLevel> level = Level();
        var command = new Command("all", "Starts the four roles as processes of its own, with everything below one directory.")
        {
            directory, ip, port, metrics, hvt, spt, stop, level,
        };
        command.SetAction(async (parsed, _) =>
        {
            string top = Path.GetFullPath(parsed.GetRequiredValue(directory));
            string pki = Path.Combine(top, "pki");
            return await RoleHost.RunAsync(
                Role.All,
                new DaemonOptions
                {
                    RunDirectory = Path.Combine(top, "run"),
                    DataDirectory = Path.Combine(top, "db"),
                    HvtTender = Absolute(parsed.GetValue(hvt)),
                    SptTender = Absolute(parsed.GetValue(spt)),
                    CaFile = Path.Combine(pki, "cacert.pem"),
                    CertificateFile = Path.Combine(pki, "server.pem"),
                    KeyFile = Path.Combine(pki, "server.key"),
                    Address = parsed.GetRequiredValue(ip),
                    Port = parsed.GetRequiredValue(port),
                    MetricsPort = parsed.GetRequiredValue(metrics),
                    StopUnikernels = parsed.GetValue(stop),
                    EndWithInput = false,
                },
                parsed.GetRequiredValue(level)).ConfigureAwait(false);
        });
        return command;
    }

    private static Command Single(Role role, string description)
    {
        var tmpDir = new Option<string>(TmpDir)
        {
            Description = "Sockets, FIFOs and records of running tenders.", DefaultValueFactory = _ => "/run/albatross",
        };
        var ca = new Option<string>(Ca)
        {
            Description = "CA certificate that clients' chains must end at (PEM).", DefaultValueFactory = _ => "cacert.pem",
        };
        var cert = new Option<string>(Cert)
        {
            Description = "Our certificate, then its chain (PEM).", DefaultValueFactory = _ => "server.pem",
        };
        var key = new Option<string>(Key) { Description = "Our private key (PKCS#8 PEM).", DefaultValueFactory = _ => "server.key" };
        var ip = new Option<string>(Ip) { Description = "Address to listen on.", DefaultValueFactory = _ => "::" };
        var port = new Option<int>(Port) { Description = "TCP port; 0 takes a free one.", DefaultValueFactory = _ => DefaultPort };
        var metrics = new Option<int>(MetricsPort)
        {
            Description = "TCP port of the metrics page on 127.0.0.1; 0 takes a free one.", DefaultValueFactory = _ => DefaultMetricsPort,
        };
        var dbDir = new Option<string>(DbDir)
        {
            Description = "Block devices, images and state. Without a state of its own the daemon imports the original's.",
            DefaultValueFactory = _ => "/var/lib/albatross",
        };
        (Option<string?> hvt, Option<string?> spt) = Tenders();
        Option<bool> stop = Stop();
        Option<LogLevel> level = Level();
        var endWithInput = new Option<bool>(EndWithInputName) { Description = "Ends when standard input ends.", Hidden = true };
        Option[] own = role switch
        {
            Role.Vmmd => [dbDir, hvt, spt, stop],
            Role.Endpoint => [ca, cert, key, ip, port],
            Role.Stats => [metrics],
            _ => [],
        };
        var command = new Command(role.ToString().ToLowerInvariant(), description) { tmpDir, level, endWithInput };
        foreach (Option option in own)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, _) => await RoleHost.RunAsync(
            role,
            new DaemonOptions
            {
                RunDirectory = Path.GetFullPath(parsed.GetRequiredValue(tmpDir)),
                DataDirectory = Path.GetFullPath(parsed.GetValue(dbDir) ?? "."),
                HvtTender = Absolute(parsed.GetValue(hvt)),
                SptTender = Absolute(parsed.GetValue(spt)),
                CaFile = parsed.GetValue(ca) ?? "",
                CertificateFile = parsed.GetValue(cert) ?? "",
                KeyFile = parsed.GetValue(key) ?? "",
                Address = parsed.GetValue(ip) ?? "",
                Port = parsed.GetValue(port),
                MetricsPort = parsed.GetValue(metrics),
                StopUnikernels = parsed.GetValue(stop),
                EndWithInput = parsed.GetValue(endWithInput),
            },
            parsed.GetRequiredValue(level)).ConfigureAwait(false));
        return command;
    }

    private static (Option<string?> Hvt, Option<string?> Spt) Tenders() => (
        new Option<string?>(TenderHvt)
        {
            Description = "A program that runs hvt images, such as solo5-hvt. Boot arguments stand on its command line.",
        },
        new Option<string?>(TenderSpt)
        {
            Description = "A program that runs spt images, such as solo5-spt. Boot arguments stand on its command line.",
        });

    private static Option<bool> Stop() => new(StopUnikernels)
    {
        Description = "Stop the unikernels with the daemon, in order; otherwise they run on and the next daemon takes them over.",
    };

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Option<LogLevel> Level() => new(LogLevelName)
    {
        Description = "Trace, Debug, Information, Warning, Error or Critical.", DefaultValueFactory = _ => LogLevel.Information,
    };
}
