using System.Globalization;
using System.Text;
using Albatross.Solo5;

namespace Albatross.Tender;

/// <summary>Why an option was not taken.</summary>
/// <param name="Text">The message, or null if the option is merely unknown.</param>
/// <param name="ShowsUsage">Whether "Invalid option" and the usage follow.</param>
internal sealed record OptionRefusal(string? Text, bool ShowsUsage);

/// <summary>The second pass over the options, with the manifest at hand.</summary>
internal sealed class HvtOptions
{
    private const ulong DefaultMebibytes = 512;
    private const int LongestName = 67;

    private static readonly (byte[] Prefix, DeviceType Type)[] DeviceOptions =
    [
        ("--net:"u8.ToArray(), DeviceType.Net),
        ("--net-mac:"u8.ToArray(), DeviceType.Net),
        ("--block:"u8.ToArray(), DeviceType.Block),
        ("--block-sector-size:"u8.ToArray(), DeviceType.Block),
    ];

    /// <summary>Guest memory that was asked for.</summary>
    internal ulong Mebibytes { get; private set; } = DefaultMebibytes;

    /// <summary>Takes one option; null means that it was taken.</summary>
    internal OptionRefusal? Take(ReadOnlySpan<byte> option, Manifest manifest)
    {
        if (option.StartsWith("--mem="u8))
        {
            return TakeMemory(option["--mem="u8.Length..]);
        }

        foreach ((byte[] prefix, DeviceType type) in DeviceOptions)
        {
            if (option.StartsWith(prefix))
            {
                return RefuseDevice(option, option[prefix.Length..], type, manifest);
            }
        }

        return new OptionRefusal(null, ShowsUsage: true);
    }

    private OptionRefusal? TakeMemory(ReadOnlySpan<byte> text)
    {
        bool isNumber = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong mebibytes);
        if (!isNumber || mebibytes == 0)
        {
            return new OptionRefusal("Malformed argument to --mem", ShowsUsage: false);
        }

        Mebibytes = mebibytes;
        return null;
    }

    /// <summary>NAME=VALUE of an option for a device. A later version attaches; this one says so.</summary>
    private static OptionRefusal RefuseDevice(
        ReadOnlySpan<byte> option, ReadOnlySpan<byte> rest, DeviceType type, Manifest manifest)
    {
        int equals = rest.IndexOf((byte)'=');
        ReadOnlySpan<byte> name = equals < 0 ? [] : rest[..equals];
        bool wellFormed = name.Length is >= 1 and <= LongestName && IsAlphanumeric(name) && equals + 1 < rest.Length;
        if (!wellFormed)
        {
            return new OptionRefusal(null, ShowsUsage: true);
        }

        return manifest.Find(name, type) is null
            ? new OptionRefusal($"Resource not declared in manifest: '{Encoding.ASCII.GetString(name)}'", ShowsUsage: true)
            : new OptionRefusal($"This version cannot attach devices: {RawArguments.TextOf(option)}", ShowsUsage: false);
    }

    private static bool IsAlphanumeric(ReadOnlySpan<byte> name)
    {
        foreach (byte b in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)b))
            {
                return false;
            }
        }

        return true;
    }
}
