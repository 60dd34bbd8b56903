using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon;

/// <summary>Every message of the daemon, once. None carries a boot argument, a key or an image.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Role} listens on {Address}")]
    public static partial void Listening(ILogger log, string role, string address);

    [LoggerMessage(2, LogLevel.Information, "the host offers {Policy}")]
    public static partial void HostOffers(ILogger log, string policy);

    [LoggerMessage(3, LogLevel.Information, "{Role} ends")]
    public static partial void Ending(ILogger log, string role);

    [LoggerMessage(10, LogLevel.Warning, "connection {Connection} is closed: {Reason}")]
    public static partial void ConnectionRefused(ILogger log, long connection, string reason);

    [LoggerMessage(12, LogLevel.Debug, "connection {Connection} has ended: {Reason}")]
    public static partial void ConnectionEnded(ILogger log, long connection, string reason);

    [LoggerMessage(13, LogLevel.Warning, "no connection could be accepted: {Reason}; trying again in {Milliseconds} ms")]
    public static partial void NotAccepted(ILogger log, string reason, double milliseconds);

    [LoggerMessage(14, LogLevel.Error, "a connection has failed by a bug: please report it")]
    public static partial void ConnectionFailed(ILogger log, Exception exception);

    [LoggerMessage(20, LogLevel.Debug, "{Input} led to {Effects} effects")]
    public static partial void Stepped(ILogger log, string input, int effects);

    [LoggerMessage(21, LogLevel.Information, "{Name}: {Command} {Answer}")]
    public static partial void Answered(ILogger log, Name name, string command, string answer);

    [LoggerMessage(22, LogLevel.Information, "{Name} runs as process {ProcessId}")]
    public static partial void Started(ILogger log, Name name, int processId);

    [LoggerMessage(23, LogLevel.Information, "{Name} {Status}")]
    public static partial void Exited(ILogger log, Name name, ExitStatus status);

    [LoggerMessage(24, LogLevel.Warning, "{Name} {Text}")]
    public static partial void Reported(ILogger log, Name name, string text);

    [LoggerMessage(25, LogLevel.Warning, "{Name} runs as process {ProcessId} of an earlier daemon, but is not wanted so: it is ended")]
    public static partial void LeftOver(ILogger log, Name name, int processId);

    [LoggerMessage(26, LogLevel.Error, "{Name}: {Effect} failed")]
    public static partial void EffectFailed(ILogger log, Name name, string effect, Exception reason);

    [LoggerMessage(27, LogLevel.Information, "the {Service} service is connected")]
    public static partial void ServiceAttached(ILogger log, string service);

    [LoggerMessage(28, LogLevel.Warning, "the {Service} service is not connected any more: {Reason}")]
    public static partial void ServiceLost(ILogger log, string service, string reason);

    [LoggerMessage(30, LogLevel.Information, "{Target} unikernels are run by {Tender}")]
    public static partial void TenderOfTarget(ILogger log, string target, string tender);

    [LoggerMessage(31, LogLevel.Warning, "{Reason}")]
    public static partial void NoTender(ILogger log, string reason);

    [LoggerMessage(32, LogLevel.Warning, "{File} is no block device: {Reason}")]
    public static partial void BlockSkipped(ILogger log, string file, string reason);

    [LoggerMessage(33, LogLevel.Error, "the tap {Tap} could not be removed: {Reason}")]
    public static partial void TapLeft(ILogger log, string tap, string reason);

    [LoggerMessage(34, LogLevel.Information, "an earlier daemon stored {Unikernels} unikernels and {Policies} policies")]
    public static partial void Restoring(ILogger log, int unikernels, int policies);

    [LoggerMessage(36, LogLevel.Information, "{Unikernels} of {All} unikernels and {Policies} policies of the original were imported")]
    public static partial void Imported(ILogger log, int unikernels, int all, int policies);

    [LoggerMessage(37, LogLevel.Warning, "{Name} of the original is not imported ({Code}): {Reason}; it is still in the original's file")]
    public static partial void NotImported(ILogger log, Name name, string code, string reason);

    [LoggerMessage(38, LogLevel.Warning,
        "{Original} of the original is newer than {Own} and is not looked at: to import it, stop the daemon and move {Own} away")]
    public static partial void OriginalIsNewer(ILogger log, string original, string own);

    [LoggerMessage(35, LogLevel.Warning, "unikernels run in a {Report}")]
    public static partial void SandboxIncomplete(ILogger log, string report);

    [LoggerMessage(36, LogLevel.Information, "{Name} runs on as process {ProcessId}, which an earlier daemon started")]
    public static partial void Adopted(ILogger log, Name name, int processId);

    [LoggerMessage(37, LogLevel.Information, "{Name} has ended while no daemon ran")]
    public static partial void EndedMeanwhile(ILogger log, Name name);

    [LoggerMessage(38, LogLevel.Warning, "the record {File} of a tender cannot be read: it is removed, and what runs by it is ended")]
    public static partial void RecordUnreadable(ILogger log, string file);

    [LoggerMessage(39, LogLevel.Information,
        "of an earlier daemon: {Adopted} tenders adopted, {Outdated} to be ended, {Ended} ended meanwhile; "
        + "freed {Taps} taps, {Fifos} FIFOs, {Images} images")]
    public static partial void Found(ILogger log, int adopted, int outdated, int ended, int taps, int fifos, int images);

    [LoggerMessage(40, LogLevel.Information, "{Peer}: {Name} {Command}")]
    public static partial void Authorised(ILogger log, string peer, Name name, string command);

    [LoggerMessage(41, LogLevel.Warning, "{Peer} is refused: {Reason}")]
    public static partial void PeerRefused(ILogger log, string peer, string reason);

    [LoggerMessage(42, LogLevel.Debug, "{Peer} has ended: {Reason}")]
    public static partial void PeerEnded(ILogger log, string peer, string reason);

    [LoggerMessage(50, LogLevel.Warning, "role {Role} has ended with status {Status}: it is started again in {Seconds} s")]
    public static partial void RoleEnded(ILogger log, string role, int status, double seconds);

    [LoggerMessage(51, LogLevel.Information, "role {Role} runs as process {ProcessId}")]
    public static partial void RoleStarted(ILogger log, string role, int processId);
}
