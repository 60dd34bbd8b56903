using System.Globalization;
using Albatross.Policy;
using Albatross.Policy.Unikernels;

namespace Albatross.Client.Verbs;

/// <summary>Devices as they are typed.</summary>
internal static class DeviceText
{
    private const int LeastSectorSize = 512;

    /// <summary><c>NAME[:DEVICE][@SECTORSIZE]</c>.</summary>
    public static BlockAttachment Block(string text)
    {
        (string names, string? sector) = Split(text, '@');
        (string name, string? device) = Split(names, ':');
        long? size = sector is null ? null : SectorSize(text, sector);
        return new BlockAttachment(RawText.Of(name), device is null ? null : RawText.Of(device), size);
    }

    /// <summary><c>[NAME:]BRIDGE[@MAC]</c>.</summary>
    public static NetAttachment Net(string text)
    {
        (string names, string? mac) = Split(text, '@');
        (string name, string? bridge) = Split(names, ':');
        return new NetAttachment(RawText.Of(name), bridge is null ? null : RawText.Of(bridge), mac is null ? null : Mac(text, mac));
    }

    private static (string First, string? Second) Split(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) switch
    {
        < 0 => (text, null),
        var at => (text[..at], text[(at + 1)..]),
    };

    private static long SectorSize(string text, string sector) =>
        long.TryParse(sector, NumberStyles.None, CultureInfo.InvariantCulture, out long size) && size >= LeastSectorSize
            && long.IsPow2(size)
            ? size
            : throw new ClientException(ExitStatus.Usage, $"{text}: a sector size is a power of two and at least {LeastSectorSize}");

    private static MacAddress Mac(string text, string mac)
    {
        string[] parts = mac.Split(':');
        ulong value = 0;
        foreach (string part in parts)
        {
            if (parts.Length != 6 || part.Length != 2
                || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                throw new ClientException(
                    ExitStatus.Usage, $"{text}: an Ethernet address is six pairs of hexadecimal digits, joined by ':'");
            }

            value = value << 8 | octet;
        }

        return new MacAddress(value);
    }
}
