using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Albatross.Linux;
using Albatross.Solo5;

namespace Albatross.Tender;

/// <summary>
/// The options for devices, <c>--net:NAME=IFACE|@FD</c>, <c>--net-mac:</c>, <c>--block:NAME=PATH</c> and <c>--block-sector-size:</c>. A
/// device is opened when its option is taken; given twice, the last one counts.
/// </summary>
internal sealed class DeviceOptions(Manifest manifest) : IDisposable
{
    private const int LongestName = 67;

    private readonly SortedDictionary<int, DeviceSettings> _devices = [];

    private delegate OptionRefusal? Taker(DeviceSettings device, ReadOnlySpan<byte> value);

    /// <summary>The attached devices in the order of their handles, as a launch wants them.</summary>
    internal ImmutableArray<DeviceAttachment> Attachments => [.. Attached.Select(device => device.ToAttachment())];

    /// <summary>Their descriptors, in the same order.</summary>
    internal ImmutableArray<SafeHandle> Descriptors => [.. Attached.Select(device => device.Descriptor).OfType<SafeHandle>()];

    private IEnumerable<DeviceSettings> Attached => _devices.Values.Where(device => device.Descriptor is not null);

    /// <summary>Takes one option; null means that it was taken.</summary>
    internal OptionRefusal? Take(ReadOnlySpan<byte> option) =>
        option.StartsWith("--net:"u8) ? Take(option["--net:"u8.Length..], DeviceType.Net, AttachNet)
        : option.StartsWith("--net-mac:"u8) ? Take(option["--net-mac:"u8.Length..], DeviceType.Net, SetMac)
        : option.StartsWith("--block:"u8) ? Take(option["--block:"u8.Length..], DeviceType.Block, AttachBlock)
        : option.StartsWith("--block-sector-size:"u8)
            ? Take(option["--block-sector-size:"u8.Length..], DeviceType.Block, SetSectorSize)
            : OptionRefusal.Unknown;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceSettings device in _devices.Values)
        {
            device.Descriptor?.Dispose();
        }
    }

    /// <summary>NAME=VALUE, both not empty.</summary>
    private OptionRefusal? Take(ReadOnlySpan<byte> text, DeviceType type, Taker take)
    {
        int equals = text.IndexOf((byte)'=');
        ReadOnlySpan<byte> name = equals < 0 ? [] : text[..equals];
        if (name.Length is 0 or > LongestName || !IsAlphanumeric(name) || equals + 1 == text.Length)
        {
            return OptionRefusal.Unknown;
        }

        if (!manifest.TryFind(name, type, out ManifestEntry? entry, out ImageRefusal? refusal))
        {
            return new OptionRefusal(refusal.Text, ShowsUsage: true);
        }

        if (!_devices.TryGetValue(entry.Index, out DeviceSettings? device))
        {
            device = new DeviceSettings(entry);
            _devices.Add(entry.Index, device);
        }

        return take(device, text[(equals + 1)..]);
    }

    private static OptionRefusal? AttachNet(DeviceSettings device, ReadOnlySpan<byte> interfaceName)
    {
        try
        {
            Tap tap = interfaceName[0] == '@' ? Tap.Adopt(DescriptorNumber(interfaceName[1..])) : Tap.Attach(interfaceName);
            device.Replace(tap);
            device.MtuBytes = tap.MtuBytes;
            return null;
        }
        catch (LinuxException e)
        {
            string reason = Marshal.GetPInvokeErrorMessage(e.Errno);
            return new OptionRefusal($"Could not attach interface: {RawArguments.TextOf(interfaceName)}: {reason}", ShowsUsage: true);
        }
    }

    private static OptionRefusal? SetMac(DeviceSettings device, ReadOnlySpan<byte> text)
    {
        ulong mac = 0;
        int bytes = 0;
        foreach (Range part in text.Split((byte)':'))
        {
            bool isByte = text[part].Length is 1 or 2
                && byte.TryParse(text[part], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte _);
            if (!isByte || ++bytes > DeviceSettings.MacBytes)
            {
                return OptionRefusal.Unknown;
            }

            mac = (mac << 8) | byte.Parse(text[part], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        device.Mac = mac;
        return bytes == DeviceSettings.MacBytes ? null : OptionRefusal.Unknown;
    }

    private static OptionRefusal? AttachBlock(DeviceSettings device, ReadOnlySpan<byte> path)
    {
        try
        {
            BlockDevice block = BlockDevice.Open(path);
            device.Replace(block);
            device.CapacityBytes = block.CapacityBytes;
            return null;
        }
        catch (LinuxException e)
        {
            string reason = Marshal.GetPInvokeErrorMessage(e.Errno);
            return new OptionRefusal($"Could not open block device: {RawArguments.TextOf(path)}: {reason}", ShowsUsage: false);
        }
    }

    private static OptionRefusal? SetSectorSize(DeviceSettings device, ReadOnlySpan<byte> text)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long sectorBytes))
        {
            return OptionRefusal.Unknown;
        }

        if (DeviceAttachment.Block.CheckSectorSize(sectorBytes) is { } refusal)
        {
            return new OptionRefusal(refusal.Text, ShowsUsage: true);
        }

        device.SectorBytes = (int)sectorBytes;
        return null;
    }

    /// <summary>A number that is none is that of no descriptor.</summary>
    private static int DescriptorNumber(ReadOnlySpan<byte> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

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

    /// <summary>What the options have said of one entry so far.</summary>
    private sealed class DeviceSettings(ManifestEntry entry)
    {
        internal const int MacBytes = 6;

        /// <summary>The opened device; null while no option attached one.</summary>
        internal OwnedDescriptor? Descriptor { get; private set; }

        internal int MtuBytes { get; set; }

        /// <summary>0: a random one is made.</summary>
        internal ulong Mac { get; set; }

        internal ulong CapacityBytes { get; set; }

        internal int SectorBytes { get; set; } = DeviceAttachment.Block.DefaultSectorBytes;

        internal void Replace(OwnedDescriptor descriptor)
        {
            Descriptor?.Dispose();
            Descriptor = descriptor;
        }

        internal DeviceAttachment ToAttachment()
        {
            Mac = Mac == 0 ? RandomMac() : Mac;
            return entry.Type == DeviceType.Block
                ? new DeviceAttachment.Block(entry, CapacityBytes, SectorBytes)
                : new DeviceAttachment.Net(entry, Mac, MtuBytes);
        }

        /// <summary>Locally administered, and not a group's.</summary>
        private static ulong RandomMac()
        {
            Span<byte> bytes = stackalloc byte[MacBytes];
            RandomNumberGenerator.Fill(bytes);
            bytes[0] = (byte)((bytes[0] & 0xFE) | 0x02);
            ulong mac = 0;
            foreach (byte b in bytes)
            {
                mac = (mac << 8) | b;
            }

            return mac;
        }
    }
}
