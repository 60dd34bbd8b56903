using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Albatross.Policy;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Protocol;

/// <summary>
/// Renders our values in the conventions of the vectors (64-bit numbers as decimal texts, octets as hex, texts as hex when not printable,
/// instants with twelve digits), so that they can be held against what the real decoder said. Knows nothing of DER.
/// </summary>
internal static partial class VectorRendering
{
    public static JsonObject Render(Wire wire) => new()
    {
        ["header"] = new JsonObject
        {
            ["version"] = Header.Version,
            ["sequence"] = Number64(wire.Header.Sequence),
            ["name"] = wire.Header.Name.ToString(),
        },
        ["payload"] = wire switch
        {
            Wire.Request request => One("command", Render(request.Command)),
            Wire.Answer answer => Render(answer.Reply),
            _ => throw new ArgumentException("unknown wire", nameof(wire)),
        },
    };

    public static JsonObject Render(Command command) => command switch
    {
        Command.ConsoleAdd add => Two("console", "add", add.Unikernels),
        Command.ConsoleSubscribe { From: ConsoleStart.Count count } => Two("console", "subscribe", One("count", count.Lines)),
        Command.ConsoleSubscribe { From: ConsoleStart.Since since } => Two("console", "subscribe", One("since", Time(since.Instant))),
        Command.ConsoleInactive => Two("console", "inactive", null),
        Command.StatisticsAdd add => Two("statistics", "add", Render(add)),
        Command.StatisticsRemove => Two("statistics", "remove", null),
        Command.StatisticsSubscribe => Two("statistics", "subscribe", null),
        Command.StatisticsInitial => Two("statistics", "initial", null),
        Command.UnikernelDestroy => Two("unikernel", "destroy", null),
        Command.UnikernelCreate { Conflict: OnConflict.Refuse } create => Two("unikernel", "create", Render(create.Config)),
        Command.UnikernelCreate create => Two("unikernel", "force-create", Render(create.Config)),
        Command.UnikernelGet get => Two("unikernel", "get", get.Level),
        Command.UnikernelRestart restart => Two("unikernel", "restart", restart.Settings is { } settings ? Render(settings) : null),
        Command.UnikernelInfo info => Two("unikernel", InfoName(info.Form), null),
        Command.PolicyInfo => Two("policy", "info", null),
        Command.PolicyAdd add => Two("policy", "add", Render(add.Policy)),
        Command.PolicyAddAll all => Two("policy", "add-all", List(all.Policies, entry => new JsonObject
        {
            ["name"] = entry.Name.ToString(),
            ["policy"] = Render(entry.Value),
        })),
        Command.PolicyRemove => Two("policy", "remove", null),
        Command.BlockInfo => Two("block", "info", null),
        Command.BlockAdd add => Two("block", "add", add.SizeMib),
        Command.BlockRemove => Two("block", "remove", null),
        Command.BlockOldAdd add => Two("block", "old-add", new JsonObject
        {
            ["size"] = add.SizeMib,
            ["compress"] = add.Compressed,
            ["data"] = add.Data is { } data ? Hex(data) : null,
        }),
        Command.BlockOldSet set => Two("block", "old-set", new JsonObject { ["compress"] = set.Compressed, ["data"] = Hex(set.Data) }),
        Command.BlockOldDump dump => Two("block", "old-dump", dump.Level),
        Command.BlockDump dump => Two("block", "dump", dump.Level),
        Command.BlockSet set => Two("block", "set", set.Compressed),
        Command.Unknown unknown => One("unknown", unknown.Where),
        _ => throw new ArgumentException("unknown command", nameof(command)),
    };

    private static JsonObject Render(Command.StatisticsAdd add) => new()
    {
        ["vmmdev"] = Text(add.VmmDevice),
        ["pid"] = add.ProcessId,
        ["network"] = List(add.Interfaces, tap => new JsonObject { ["bridge"] = Text(tap.Device), ["tap"] = Text(tap.Tap) }),
    };

    private static JsonObject Render(UnikernelConfig config)
    {
        JsonObject rendered = Render(config.Settings);
        rendered["typ"] = TypeName(config.Type);
        rendered["compressed"] = config.Compressed;
        rendered["image"] = Hex(config.Image);
        return rendered;
    }

    private static JsonObject Render(UnikernelSettings settings) => new()
    {
        ["fail-behaviour"] = Render(settings.FailBehaviour),
        ["startup"] = settings.Startup,
        ["add-name"] = settings.AddName,
        ["cpuids"] = List(settings.CpuIds, cpu => cpu),
        ["memory"] = settings.MemoryMib,
        ["blocks"] = List(settings.Blocks, block => new JsonObject
        {
            ["name"] = Text(block.Name),
            ["device"] = Text(block.HostDevice),
            ["sector-size"] = block.SectorSize,
        }),
        ["bridges"] = List(settings.Nets, net => new JsonObject
        {
            ["netif"] = Text(net.Name),
            ["bridge"] = Text(net.Bridge),
            ["mac"] = net.Mac?.ToString(),
        }),
        ["arguments"] = settings.Arguments is { } arguments ? List(arguments, argument => Text(argument)) : null,
        ["cpus"] = settings.Cpus,
        ["linux-boot-partition"] = Text(settings.LinuxBootPartition),
    };

    private static JsonObject Render(ResourcePolicy policy) => new()
    {
        ["cpuids"] = List(policy.CpuIds, cpu => cpu),
        ["unikernels"] = policy.Unikernels,
        ["memory"] = policy.MemoryMib,
        ["block"] = policy.BlockMib,
        ["bridges"] = List(policy.Bridges, bridge => Text(bridge)),
    };

    private static JsonNode Render(FailBehaviour behaviour) => behaviour is FailBehaviour.Restart restart
        ? One("restart", List(restart.ExitCodes, code => code))
        : (JsonNode)"quit";

    private static string InfoName(InfoForm form) => form switch
    {
        InfoForm.Version4 => "info4",
        InfoForm.Version5 => "info5",
        _ => "info",
    };

    private static string TypeName(ImageType type) => type == ImageType.Solo5 ? "solo5" : "bhyve";

    private static JsonObject One(string key, JsonNode? value) => new() { [key] = value };

    private static JsonObject Two(string outer, string inner, JsonNode? value) => One(outer, One(inner, value));

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode?> render) => [.. items.Select(render)];

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

    private static string Number64(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture) + "00000-00:00";

    private static JsonNode? Text(RawText? text)
    {
        if (text is not { } raw)
        {
            return null;
        }

        bool printable = !raw.Bytes.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~');
        return printable ? Encoding.ASCII.GetString(raw.Bytes.Span) : One("hex", Hex(raw.Bytes));
    }
}
