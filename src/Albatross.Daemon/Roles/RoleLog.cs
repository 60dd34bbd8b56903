using System.Globalization;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Albatross.Daemon.Roles;

/// <summary>The least level that is logged; the parent hands it on to its roles.</summary>
internal sealed record LogThreshold(LogLevel Level);

/// <summary>
/// Logs to standard error: under systemd one line with the syslog priority in front, which journald understands and
/// stamps itself; elsewhere with time and level for eyes.
/// </summary>
internal static class RoleLog
{
    private const string ForEyes = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Process}: {Message:l}{NewLine}{Exception}";
    private const string ForJournal = "<{Priority}>{Process}: {Message:l}{NewLine}{Exception}";

    /// <summary>Makes Serilog the only destination.</summary>
    public static void Configure(ILoggingBuilder logging, Role role, LogLevel level)
    {
        bool journal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null;
        Logger logger = new LoggerConfiguration()
            .MinimumLevel.Is(Map(level))
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .Enrich.WithProperty("Process", role.ToString().ToLowerInvariant())
            .Enrich.With<PriorityEnricher>()
            .WriteTo.Console(
                outputTemplate: journal ? ForJournal : ForEyes,
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        logging.AddSerilog(logger, dispose: true);
    }

    private static LogEventLevel Map(LogLevel level) => level switch
    {
        LogLevel.Trace => LogEventLevel.Verbose,
        LogLevel.Debug => LogEventLevel.Debug,
        LogLevel.Information => LogEventLevel.Information,
        LogLevel.Warning => LogEventLevel.Warning,
        LogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Fatal,
    };

    // sd-daemon(3): "<N>" before a line is its syslog priority.
    private sealed class PriorityEnricher : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            int priority = logEvent.Level switch
            {
                LogEventLevel.Fatal => 2,
                LogEventLevel.Error => 3,
                LogEventLevel.Warning => 4,
                LogEventLevel.Information => 6,
                _ => 7,
            };
            logEvent.AddOrUpdateProperty(propertyFactory.CreateProperty("Priority", priority));
        }
    }
}
