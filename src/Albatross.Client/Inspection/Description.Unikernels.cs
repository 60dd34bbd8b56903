using System.Diagnostics;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;

namespace Albatross.Client.Inspection;

/// <summary>Unikernels and policies.</summary>
internal sealed partial class Description
{
    /// <summary>A policy.</summary>
    public void Of(ResourcePolicy policy) => outline.Fields(() =>
    {
        outline.Key("cpuids").List(policy.CpuIds, outline.Number);
        outline.Key("unikernels").Number(policy.Unikernels);
        outline.Key("memory").Number(policy.MemoryMib);
        outline.Key("block").Number(policy.BlockMib);
        outline.Key("bridges").List(policy.Bridges, outline.Text);
    });

    private static string NameOf(ImageType type) => type == ImageType.Solo5 ? "solo5" : "bhyve";

    private void Of(UnikernelConfig config) => outline.Fields(() =>
    {
        outline.Key("typ").Word(NameOf(config.Type));
        outline.Key("compressed").Boolean(config.Compressed);
        outline.Key("image").Image(config.Image, disclosure);
        OfFields(config.Settings);
    });

    private void Of(UnikernelSettings settings) => outline.Fields(() => OfFields(settings));

    private void OfFields(UnikernelSettings settings)
    {
        outline.Key("startup").Number(settings.Startup);
        outline.Key("add-name").Boolean(settings.AddName);
        outline.Key("fail-behaviour");
        Of(settings.FailBehaviour);
        outline.Key("cpuids").List(settings.CpuIds, outline.Number);
        outline.Key("memory").Number(settings.MemoryMib);
        outline.Key("blocks").List(settings.Blocks, Of);
        outline.Key("bridges").List(settings.Nets, Of);
        outline.Key("arguments").Arguments(settings.Arguments, disclosure);
        outline.Key("cpus").Number(settings.Cpus);
        outline.Key("linux-boot-partition").Text(settings.LinuxBootPartition);
    }

    private void Of(FailBehaviour behaviour)
    {
        switch (behaviour)
        {
            case FailBehaviour.Quit:
                outline.Word("quit");
                break;
            case FailBehaviour.Restart restart:
                outline.Choice("restart", () => outline.List(restart.ExitCodes, outline.Number));
                break;
            default:
                throw new UnreachableException($"fail behaviour {behaviour.GetType().Name} has no description");
        }
    }

    private void Of(BlockAttachment block) => outline.Fields(() =>
    {
        outline.Key("name").Text(block.Name);
        outline.Key("device").Text(block.HostDevice);
        outline.Key("sector-size").Number(block.SectorSize);
    });

    private void Of(NetAttachment net) => outline.Fields(() =>
    {
        outline.Key("netif").Text(net.Name);
        outline.Key("bridge").Text(net.Bridge);
        outline.Key("mac");
        if (net.Mac is { } mac)
        {
            outline.Word(mac.ToString());
        }
        else
        {
            outline.Absent();
        }
    });

    private void Of(UnikernelInfo info) => outline.Fields(() =>
    {
        outline.Key("typ").Word(NameOf(info.Type));
        outline.Key("startup").Number(info.Startup);
        outline.Key("fail-behaviour");
        Of(info.FailBehaviour);
        outline.Key("cpuids").List(info.CpuIds, outline.Number);
        outline.Key("memory").Number(info.MemoryMib);
        outline.Key("digest").Octets(info.Digest.Span);
        outline.Key("blocks").List(info.Blocks, block => outline.Fields(() =>
        {
            outline.Key("unikernel-device").Text(block.Name);
            outline.Key("host-device").Text(block.HostDevice);
            outline.Key("sector-size").Number(block.SectorSize);
            outline.Key("block-size").Number(block.SizeMib);
        }));
        outline.Key("bridges").List(info.Nets, net => outline.Fields(() =>
        {
            outline.Key("unikernel-device").Text(net.Name);
            outline.Key("host-device").Text(net.HostDevice);
            outline.Key("mac").Word(net.Mac.ToString());
        }));
        outline.Key("arguments").Arguments(info.Arguments, disclosure);
        outline.Key("started").Instant(info.Started);
        outline.Key("cpus").Number(info.Cpus);
        outline.Key("linux-boot-partition").Text(info.LinuxBootPartition);
    });
}
