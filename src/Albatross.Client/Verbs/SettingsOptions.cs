using System.CommandLine;
using Albatross.Policy;
using Albatross.Policy.Unikernels;

namespace Albatross.Client.Verbs;

/// <summary>The options of a unikernel apart from its image.</summary>
internal sealed class SettingsOptions(int defaultMemoryMib)
{
    private readonly Option<long> _memory = new("--mem")
    {
        Description = "Guest memory in MB.", DefaultValueFactory = _ => defaultMemoryMib,
    };
    private readonly Option<long[]> _cpus = new("--cpu")
    {
        Description = "Host CPU to run on; repeat it for more.", DefaultValueFactory = _ => [0],
    };
    private readonly Option<string[]> _arguments = new("--arg") { Description = "Boot argument; repeat it for more." };
    private readonly Option<string[]> _blocks = new("--block")
    {
        Description = "Block device NAME[:DEVICE][@SECTORSIZE]; repeat it for more.",
    };
    private readonly Option<string[]> _nets = new("--net") { Description = "Interface [NAME:]BRIDGE[@MAC]; repeat it for more." };
    private readonly Option<long?> _startup = new("--startup") { Description = "Order at the daemon's start, lowest first (50)." };
    private readonly Option<bool> _noName = new("--no-add-name") { Description = "Do not put --name=NAME before the boot arguments." };
    private readonly Option<bool> _restart = new("--restart", "--restart-on-fail") { Description = "Start it again when it ends." };
    private readonly Option<long[]> _exitCodes = new("--exit-code")
    {
        Description = "Start it again on this exit code only; repeat it for more.",
    };

    /// <summary>Adds the options to <paramref name="verb"/>.</summary>
    public void AddTo(System.CommandLine.Command verb)
    {
        foreach (Option option in new Option[] { _memory, _cpus, _arguments, _blocks, _nets, _startup, _noName, _restart, _exitCodes })
        {
            verb.Options.Add(option);
        }
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="ClientException">A device cannot be read.</exception>
    public UnikernelSettings Read(ParseResult parsed)
    {
        long[] codes = parsed.GetValue(_exitCodes) ?? [];
        string[] arguments = parsed.GetValue(_arguments) ?? [];
        return new UnikernelSettings(
            parsed.GetValue(_restart) || codes.Length > 0 ? new FailBehaviour.Restart(new ValueSet<long>(codes)) : new FailBehaviour.Quit(),
            parsed.GetValue(_startup),
            !parsed.GetValue(_noName),
            new ValueSet<long>(parsed.GetRequiredValue(_cpus)),
            parsed.GetValue(_memory),
            [.. (parsed.GetValue(_blocks) ?? []).Select(DeviceText.Block)],
            [.. (parsed.GetValue(_nets) ?? []).Select(DeviceText.Net)],
            arguments.Length == 0 ? null : [.. arguments.Select(RawText.Of)]);
    }
}
