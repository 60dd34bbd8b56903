using System.Text.Json.Nodes;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Protocol;

/// <summary>The answers.</summary>
internal static partial class VectorRendering
{
    private static JsonObject Render(Reply reply) => reply switch
    {
        Reply.Failure failure => One("failure", Text(failure.Text)),
        Reply.Empty => Two("success", "empty", null),
        Reply.Success success => Two("success", "string", Text(success.Text)),
        Reply.Policies policies => Two("success", "policies", List(policies.Entries, entry => new JsonObject
        {
            ["name"] = entry.Name.ToString(),
            ["policy"] = Render(entry.Value),
        })),
        Reply.BlockDevices devices => Two("success", "block-devices", List(devices.Entries, entry => new JsonObject
        {
            ["name"] = entry.Name.ToString(),
            ["size"] = entry.Value.SizeMib,
            ["active"] = entry.Value.Active,
        })),
        Reply.Image image => Two("success", "unikernel-image", Image(image.Compressed, image.Bytes)),
        Reply.OldBlockDeviceImage image => Two("success", "old-block-device-image", Image(image.Compressed, image.Bytes)),
        Reply.BlockDeviceImage image => Two("success", "block-device-image", image.Compressed),
        Reply.Consoles consoles => Two("success", "consoles", List(consoles.Names, name => name.ToString())),
        Reply.Unikernels unikernels => Two("success", InfoName(unikernels.Form), List(unikernels.Entries, entry => new JsonObject
        {
            ["name"] = entry.Name.ToString(),
            ["info"] = Render(entry.Value),
        })),
        Reply.ConsoleLine line => Two("data", "console", new JsonObject { ["timestamp"] = Time(line.Instant), ["data"] = Text(line.Line) }),
        Reply.Statistics statistics => Two("data", "statistics", Render(statistics.Sample)),
        Reply.BlockData { Bytes: { } bytes } => Two("data", "block", One("some", Hex(bytes))),
        Reply.BlockData => Two("data", "block", One("none", null)),
        Reply.Unknown unknown => One("unknown", unknown.Where),
        _ => throw new ArgumentException("unknown reply", nameof(reply)),
    };

    private static JsonObject Image(bool compressed, ReadOnlyMemory<byte> bytes) =>
        new() { ["compressed"] = compressed, ["image"] = Hex(bytes) };

    private static JsonObject Render(UnikernelInfo info) => new()
    {
        ["typ"] = TypeName(info.Type),
        ["startup"] = info.Startup,
        ["fail-behaviour"] = Render(info.FailBehaviour),
        ["cpuids"] = List(info.CpuIds, cpu => cpu),
        ["memory"] = info.MemoryMib,
        ["digest"] = Hex(info.Digest),
        ["blocks"] = List(info.Blocks, block => new JsonObject
        {
            ["unikernel-device"] = Text(block.Name),
            ["host-device"] = Text(block.HostDevice),
            ["sector-size"] = block.SectorSize,
            ["block-size"] = block.SizeMib,
        }),
        ["bridges"] = List(info.Nets, net => new JsonObject
        {
            ["unikernel-device"] = Text(net.Name),
            ["host-device"] = Text(net.HostDevice),
            ["mac"] = net.Mac.ToString(),
        }),
        ["arguments"] = info.Arguments is { } arguments ? List(arguments, argument => Text(argument)) : null,
        ["started"] = Time(info.Started),
        ["cpus"] = info.Cpus,
        ["linux-boot-partition"] = Text(info.LinuxBootPartition),
    };

    private static JsonObject Render(Sample sample) => new()
    {
        ["resource-usage"] = Render(sample.Usage),
        ["ifdata"] = List(sample.Interfaces, Render),
        ["vmm-stats"] = sample.Vmm is { } vmm
            ? List(vmm, counter => new JsonObject { ["key"] = Text(counter.Key), ["value"] = Number64(counter.Value) })
            : null,
        ["kinfo-mem"] = sample.Memory is { } memory ? Render(memory) : null,
    };

    private static JsonObject Render(TimeValue time) =>
        new() { ["seconds"] = Number64(time.Seconds), ["microseconds"] = time.Microseconds };

    private static JsonObject Render(ResourceUsage usage) => new()
    {
        ["utime"] = Render(usage.UserTime),
        ["stime"] = Render(usage.SystemTime),
        ["maxrss"] = Number64(usage.MaxResident),
        ["ixrss"] = Number64(usage.SharedText),
        ["idrss"] = Number64(usage.UnsharedData),
        ["isrss"] = Number64(usage.UnsharedStack),
        ["minflt"] = Number64(usage.MinorFaults),
        ["majflt"] = Number64(usage.MajorFaults),
        ["nswap"] = Number64(usage.Swaps),
        ["inblock"] = Number64(usage.BlocksIn),
        ["outblock"] = Number64(usage.BlocksOut),
        ["msgsnd"] = Number64(usage.MessagesSent),
        ["msgrcv"] = Number64(usage.MessagesReceived),
        ["nsignals"] = Number64(usage.Signals),
        ["nvcsw"] = Number64(usage.VoluntarySwitches),
        ["nivcsw"] = Number64(usage.InvoluntarySwitches),
    };

    private static JsonObject Render(ProcessMemory memory) => new()
    {
        ["vsize"] = Number64(memory.VirtualBytes),
        ["rss"] = Number64(memory.Resident),
        ["tsize"] = Number64(memory.Text),
        ["dsize"] = Number64(memory.Data),
        ["ssize"] = Number64(memory.Stack),
        ["runtime"] = Number64(memory.RuntimeMicroseconds),
        ["cow"] = memory.CopyOnWriteFaults,
        ["start"] = Render(memory.Start),
    };

    private static JsonObject Render(InterfaceCounters counters) => new()
    {
        ["bridge"] = Text(counters.Device),
        ["flags"] = counters.Flags,
        ["send-length"] = counters.SendLength,
        ["max-send-length"] = counters.MaxSendLength,
        ["send-drops"] = counters.SendDrops,
        ["mtu"] = counters.Mtu,
        ["baudrate"] = Number64(counters.BaudRate),
        ["input-packets"] = Number64(counters.InputPackets),
        ["input-errors"] = Number64(counters.InputErrors),
        ["output-packets"] = Number64(counters.OutputPackets),
        ["output-errors"] = Number64(counters.OutputErrors),
        ["collisions"] = Number64(counters.Collisions),
        ["input-bytes"] = Number64(counters.InputBytes),
        ["output-bytes"] = Number64(counters.OutputBytes),
        ["input-mcast"] = Number64(counters.InputMulticast),
        ["output-mcast"] = Number64(counters.OutputMulticast),
        ["input-dropped"] = Number64(counters.InputDropped),
        ["output-dropped"] = Number64(counters.OutputDropped),
    };
}
