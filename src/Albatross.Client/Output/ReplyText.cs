using System.Globalization;
using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Output;

/// <summary>Replies in the words of the original client. What a stranger wrote is escaped: it must not drive a terminal.</summary>
internal static class ReplyText
{
    /// <summary>One reply as one or more lines.</summary>
    public static string Of(Header header, Reply reply) => reply switch
    {
        Reply.ConsoleLine line => $"console {Instant(line.Instant)}: {Escape(line.Line.Bytes.Span)}",
        Reply.Failure failure => $"albatross-client: [WARNING] {Host(header)}: command failed {Escape(failure.Text.Bytes.Span)}",
        Reply.Empty => $"{Host(header)}: success",
        Reply.Success success => $"{Host(header)}: success: {Escape(success.Text.Bytes.Span)}",
        Reply.Policies policies => $"{Host(header)}: {Lines(policies.Entries, "no policies", Policy)}",
        Reply.BlockDevices devices => $"{Host(header)}: {BlockDevices(devices.Entries)}",
        Reply.BlockDeviceImage image => $"{Host(header)}: block device compressed {Word(image.Compressed)}",
        Reply.OldBlockDeviceImage image =>
            $"{Host(header)}: old block device compressed {Word(image.Compressed)}, {image.Bytes.Length} bytes",
        Reply.BlockData { Bytes: { } bytes } => $"block data {bytes.Length} bytes",
        Reply.BlockData => "block data eof",
        Reply.Unikernels unikernels => $"{Host(header)}: {Lines(unikernels.Entries, "no unikernels", Unikernel)}",
        _ => $"{Host(header)}: an answer that this client does not print ({reply.GetType().Name})",
    };

    /// <summary>An image that was written to <paramref name="path"/>.</summary>
    public static string OfFile(Header header, string path) => $"{Host(header)}: dumped image to {path}";

    /// <summary>The content of a block device that was written to <paramref name="path"/>.</summary>
    public static string OfBlock(Header header, string path) => $"{Host(header)}: dumped to {path}";

    /// <summary>A policy in one line.</summary>
    public static string Of(ResourcePolicy policy)
    {
        string block = policy.BlockMib is { } mib ? $"{mib} MB block" : "no block";
        string bridges = policy.Bridges.Count == 0 ? "" : $", bridges: {string.Join(", ", policy.Bridges.Select(Escape))}";
        return $"policy: {policy.Unikernels} unikernels {policy.CpuIds} CPUids {policy.MemoryMib} MB memory {block}{bridges}";
    }

    /// <summary>
    /// Printable ASCII as it is; backslash, quote and everything else as the original escapes them (<c>\ddd</c> is decimal).
    /// </summary>
    public static string Escape(ReadOnlySpan<byte> text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (byte b in text)
        {
            escaped.Append(b switch
            {
                (byte)'\\' => "\\\\",
                (byte)'"' => "\\\"",
                (byte)'\n' => "\\n",
                (byte)'\t' => "\\t",
                (byte)'\r' => "\\r",
                (byte)'\b' => "\\b",
                >= 0x20 and < 0x7f => ((char)b).ToString(),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\{b:d3}"),
            });
        }

        return escaped.ToString();
    }

    private static string Escape(RawText text) => Escape(text.Bytes.Span);

    private static string Host(Header header) => $"host {Bracketed(header.Name)}";

    private static string Bracketed(Name name) => $"[unikernel: {name}]";

    private static string Lines<T>(IReadOnlyCollection<Entry<T>> entries, string none, Func<T, string> describe) =>
        entries.Count == 0 ? none : string.Join('\n', entries.Select(entry => $"{Bracketed(entry.Name)}: {describe(entry.Value)}"));

    private static string Policy(ResourcePolicy policy) => Of(policy);

    private static string BlockDevices(IReadOnlyCollection<Entry<BlockDevice>> entries) => entries.Count == 0
        ? "no block devices"
        : string.Join('\n', entries.Select(entry =>
            $"block {Bracketed(entry.Name)} size {entry.Value.SizeMib} MB active {Word(entry.Value.Active)}"));

    private static string Word(bool value) => value ? "true" : "false";

    private static string Unikernel(UnikernelInfo info)
    {
        string behaviour = info.FailBehaviour switch
        {
            FailBehaviour.Quit => "quit",
            FailBehaviour.Restart { ExitCodes.Count: 0 } => "restart all except 1",
            FailBehaviour.Restart restart => $"restart {string.Join(", ", restart.ExitCodes)}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        string startup = info.Startup?.ToString(CultureInfo.InvariantCulture) ?? "not specified";
        string type = info.Type == ImageType.Solo5 ? "solo5" : "bhyve";
        string blocks = string.Join(", ", info.Blocks.Select(block =>
            $"{Escape(block.Name)} -> {Escape(block.HostDevice)} (sector-size: {block.SectorSize} bytes, size {block.SizeMib} MB)"));
        string nets = string.Join(", ", info.Nets.Select(net => $"{Escape(net.Name)} -> {Escape(net.HostDevice)} (mac {net.Mac})"));
        string boot = info.LinuxBootPartition is { } partition ? Escape(partition) : "not specified";
        return $"typ {type} started {Instant(info.Started)} fail behaviour {behaviour} startup at {startup} "
            + $"CPUids {string.Join(", ", info.CpuIds)} {info.MemoryMib} MB memory block devices {blocks} bridge {nets} "
            + $"digest {Convert.ToHexStringLower(info.Digest.Span)} #cpus {info.Cpus} linux_boot_partition {boot}";
    }

    private static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + "-00:00";
}
