using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Albatross.Daemon.State;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// What a daemon notes of a tender, in lines of words. The process is noted when it is there; the rest before, so that no tender ever runs
/// without a record. It holds no boot argument, only their digest.
/// </summary>
/// <param name="BootId">The boot of the host; after another the record means nothing.</param>
/// <param name="Name">The unikernel.</param>
/// <param name="Incarnation">The start.</param>
/// <param name="Since">When it was started.</param>
/// <param name="Origin">What it was started as.</param>
/// <param name="Process">The process; null before it is known.</param>
internal sealed record TenderRecord(
    string BootId, Name Name, long Incarnation, DateTimeOffset Since, TenderOrigin Origin, RecordedProcess? Process)
{
    private const string FirstLine = "albatross-tender 1";

    /// <summary>The content of the file.</summary>
    public override string ToString()
    {
        byte[] unikernel = HostStateCodec.Encode(
            StoredState.Empty with { Unikernels = StoredState.Empty.Unikernels.Add(Name, StateStore.ConfigOf(Origin.Of)) });
        CultureInfo plain = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.AppendLine(FirstLine);
        text.AppendLine(plain, $"boot {BootId}");
        text.AppendLine(plain, $"start {Incarnation} {Since:O} {Origin.QuickRestarts}");
        text.AppendLine(plain, $"arguments {Origin.ArgumentsDigest}");
        text.AppendLine(plain, $"unikernel {Convert.ToBase64String(unikernel)}");
        text.AppendLine(plain, $"devices {(Origin.Taps is null ? "none" : "attached")}");
        foreach (TapOfDevice tap in Origin.Taps ?? [])
        {
            text.AppendLine(plain, $"tap {Convert.ToHexStringLower(tap.Device.Bytes.Span)} {Convert.ToHexStringLower(tap.Tap.Bytes.Span)}");
        }

        if (Process is { } process)
        {
            text.AppendLine(plain, $"process {process.ProcessId} {process.StartTicks}");
        }

        return text.ToString();
    }

    /// <summary>Reads the content of a file; null when it is no whole record of this kind.</summary>
    public static TenderRecord? Parse(string text)
    {
        string[][] lines = [.. text.Split('\n').Select(line => line.Split(' '))];
        if (lines is not [["albatross-tender", "1"], ["boot", var boot], ["start", var start, var since, var quick],
                ["arguments", var digest], ["unikernel", var packed], ["devices", var devices], .. var rest, [""]]
            || !long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out long incarnation)
            || !DateTimeOffset.TryParseExact(since, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset instant)
            || !int.TryParse(quick, NumberStyles.None, CultureInfo.InvariantCulture, out int quickRestarts)
            || !TryUnpack(packed, out Name name, out DesiredUnikernel? of)
            || !TryReadEnd(rest, out ImmutableArray<TapOfDevice> taps, out RecordedProcess? process))
        {
            return null;
        }

        ImmutableArray<TapOfDevice>? attached = devices == "attached" ? taps : null;
        return new TenderRecord(boot, name, incarnation, instant, new TenderOrigin(of, digest, attached, quickRestarts), process);
    }

    private static bool TryUnpack(string packed, out Name name, [NotNullWhen(true)] out DesiredUnikernel? of)
    {
        (name, of) = (default, null);
        byte[] bytes = new byte[packed.Length];
        if (!Convert.TryFromBase64String(packed, bytes, out int length)
            || !HostStateCodec.TryDecode(bytes.AsMemory(0, length), out StoredState? state, out _)
            || state.Unikernels.Count != 1)
        {
            return false;
        }

        (name, UnikernelConfig config) = state.Unikernels.First();
        of = StateStore.WantedOf(config);
        return true;
    }

    private static bool TryReadEnd(string[][] lines, out ImmutableArray<TapOfDevice> taps, out RecordedProcess? process)
    {
        var found = ImmutableArray.CreateBuilder<TapOfDevice>();
        process = null;
        bool isWhole = true;
        foreach (string[] line in lines)
        {
            switch (line)
            {
                case ["tap", var device, var tap] when TryUnhex(device, out RawText unhexed) && TryUnhex(tap, out RawText other):
                    found.Add(new TapOfDevice(unhexed, other));
                    break;
                case ["process", var number, var ticks]
                    when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                        && ulong.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out ulong startTicks):
                    process = new RecordedProcess(processId, startTicks);
                    break;
                default:
                    isWhole = false;
                    break;
            }
        }

        taps = found.DrainToImmutable();
        return isWhole;
    }

    private static bool TryUnhex(string hex, out RawText text)
    {
        byte[] bytes = new byte[hex.Length / 2];
        bool isHex = Convert.FromHexString(hex, bytes, out int read, out _) == System.Buffers.OperationStatus.Done && read == hex.Length;
        text = new RawText(bytes);
        return isHex;
    }
}

/// <summary>A process that is recognised also when its number was given to another.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="StartTicks">When it was started, in clock ticks since the boot.</param>
internal sealed record RecordedProcess(int ProcessId, ulong StartTicks);
