using System.Diagnostics;
using Albatross.Protocol.Commands;

namespace Albatross.Client.Inspection;

/// <summary>The answers.</summary>
internal sealed partial class Description
{
    private void Of(Reply reply)
    {
        switch (reply)
        {
            case Reply.Failure failure: outline.Choice("failure", () => outline.Text(failure.Text)); break;
            case Reply.ConsoleLine line: OfData("console", () => Of(line)); break;
            case Reply.Statistics statistics: OfData("statistics", () => Of(statistics.Sample)); break;
            case Reply.BlockData { Bytes: { } bytes }:
                OfData("block", () => outline.Choice("some", () => outline.Image(bytes, disclosure)));
                break;
            case Reply.BlockData: OfData("block", () => outline.Choice("none", outline.Nothing)); break;
            case Reply.Unknown unknown: outline.Choice("unknown", () => outline.Word(unknown.Where)); break;
            default: outline.Choice("success", () => OfSuccess(reply)); break;
        }
    }

    private void OfSuccess(Reply reply)
    {
        switch (reply)
        {
            case Reply.Empty: outline.Choice("empty", outline.Nothing); break;
            case Reply.Success success: outline.Choice("string", () => outline.Text(success.Text)); break;
            case Reply.Policies policies:
                outline.Choice("policies", () => OfEntries(policies.Entries, "policy", Of));
                break;
            case Reply.BlockDevices devices: outline.Choice("block-devices", () => outline.List(devices.Entries, Of)); break;
            case Reply.Image image: outline.Choice("unikernel-image", () => OfImage(image.Compressed, image.Bytes)); break;
            case Reply.OldBlockDeviceImage image:
                outline.Choice("old-block-device-image", () => OfImage(image.Compressed, image.Bytes));
                break;
            case Reply.BlockDeviceImage image: outline.Choice("block-device-image", () => outline.Boolean(image.Compressed)); break;
            case Reply.Consoles consoles:
                outline.Choice("consoles", () => outline.List(consoles.Names, name => outline.Word(name.ToString())));
                break;
            case Reply.Unikernels unikernels:
                outline.Choice(NameOf(unikernels.Form), () => OfEntries(unikernels.Entries, "info", Of));
                break;
            default: throw new UnreachableException($"reply {reply.GetType().Name} has no description");
        }
    }

    private void OfData(string kind, Action write) => outline.Choice("data", () => outline.Choice(kind, write));

    private void OfEntries<T>(IEnumerable<Entry<T>> entries, string key, Action<T> write) =>
        outline.List(entries, entry => Named(entry.Name.ToString(), key, () => write(entry.Value)));

    private void Of(Entry<BlockDevice> device) => outline.Fields(() =>
    {
        outline.Key("name").Word(device.Name.ToString());
        outline.Key("size").Number(device.Value.SizeMib);
        outline.Key("active").Boolean(device.Value.Active);
    });

    private void OfImage(bool compressed, ReadOnlyMemory<byte> image) => outline.Fields(() =>
    {
        outline.Key("compressed").Boolean(compressed);
        outline.Key("image").Image(image, disclosure);
    });

    private void Of(Reply.ConsoleLine line) => outline.Fields(() =>
    {
        outline.Key("timestamp").Instant(line.Instant);
        outline.Key("data").Text(line.Line);
    });

    private void Of(Sample sample) => outline.Fields(() =>
    {
        outline.Key("resource-usage");
        Of(sample.Usage);
        outline.Key("ifdata").List(sample.Interfaces, Of);
        outline.Key("vmm-stats");
        if (sample.Vmm is { } counters)
        {
            outline.List(counters, counter => outline.Fields(() =>
            {
                outline.Key("key").Text(counter.Key);
                outline.Key("value").Number64(counter.Value);
            }));
        }
        else
        {
            outline.Absent();
        }

        outline.Key("kinfo-mem");
        if (sample.Memory is { } memory)
        {
            Of(memory);
        }
        else
        {
            outline.Absent();
        }
    });

    private void Of(TimeValue time) => outline.Fields(() =>
    {
        outline.Key("seconds").Number64(time.Seconds);
        outline.Key("microseconds").Number(time.Microseconds);
    });

    private void Of(ResourceUsage usage) => outline.Fields(() =>
    {
        outline.Key("utime");
        Of(usage.UserTime);
        outline.Key("stime");
        Of(usage.SystemTime);
        outline.Key("maxrss").Number64(usage.MaxResident);
        outline.Key("ixrss").Number64(usage.SharedText);
        outline.Key("idrss").Number64(usage.UnsharedData);
        outline.Key("isrss").Number64(usage.UnsharedStack);
        outline.Key("minflt").Number64(usage.MinorFaults);
        outline.Key("majflt").Number64(usage.MajorFaults);
        outline.Key("nswap").Number64(usage.Swaps);
        outline.Key("inblock").Number64(usage.BlocksIn);
        outline.Key("outblock").Number64(usage.BlocksOut);
        outline.Key("msgsnd").Number64(usage.MessagesSent);
        outline.Key("msgrcv").Number64(usage.MessagesReceived);
        outline.Key("nsignals").Number64(usage.Signals);
        outline.Key("nvcsw").Number64(usage.VoluntarySwitches);
        outline.Key("nivcsw").Number64(usage.InvoluntarySwitches);
    });

    private void Of(ProcessMemory memory) => outline.Fields(() =>
    {
        outline.Key("vsize").Number64(memory.VirtualBytes);
        outline.Key("rss").Number64(memory.Resident);
        outline.Key("tsize").Number64(memory.Text);
        outline.Key("dsize").Number64(memory.Data);
        outline.Key("ssize").Number64(memory.Stack);
        outline.Key("runtime").Number64(memory.RuntimeMicroseconds);
        outline.Key("cow").Number(memory.CopyOnWriteFaults);
        outline.Key("start");
        Of(memory.Start);
    });

    private void Of(InterfaceCounters counters) => outline.Fields(() =>
    {
        outline.Key("bridge").Text(counters.Device);
        outline.Key("flags").Number(counters.Flags);
        outline.Key("send-length").Number(counters.SendLength);
        outline.Key("max-send-length").Number(counters.MaxSendLength);
        outline.Key("send-drops").Number(counters.SendDrops);
        outline.Key("mtu").Number(counters.Mtu);
        outline.Key("baudrate").Number64(counters.BaudRate);
        outline.Key("input-packets").Number64(counters.InputPackets);
        outline.Key("input-errors").Number64(counters.InputErrors);
        outline.Key("output-packets").Number64(counters.OutputPackets);
        outline.Key("output-errors").Number64(counters.OutputErrors);
        outline.Key("collisions").Number64(counters.Collisions);
        outline.Key("input-bytes").Number64(counters.InputBytes);
        outline.Key("output-bytes").Number64(counters.OutputBytes);
        outline.Key("input-mcast").Number64(counters.InputMulticast);
        outline.Key("output-mcast").Number64(counters.OutputMulticast);
        outline.Key("input-dropped").Number64(counters.InputDropped);
        outline.Key("output-dropped").Number64(counters.OutputDropped);
    });
}
