namespace Albatross.Policy.Unikernels;

/// <summary>A block device that a unikernel asks for.</summary>
/// <param name="Name">The device as the image's manifest names it.</param>
/// <param name="HostDevice">The block device of the unikernel's path; null means the one called <paramref name="Name"/>.</param>
/// <param name="SectorSize">Bytes per sector; null means 512.</param>
public sealed record BlockAttachment(RawText Name, RawText? HostDevice, long? SectorSize)
{
    /// <summary>The block device of the host, without its path.</summary>
    public RawText HostBlock => HostDevice ?? Name;
}

/// <summary>A network interface that a unikernel asks for.</summary>
/// <param name="Name">The device as the image's manifest names it.</param>
/// <param name="Bridge">The host bridge to join; null means the one called <paramref name="Name"/>.</param>
/// <param name="Mac">Six bytes; null means the one derived from name and device.</param>
public sealed record NetAttachment(RawText Name, RawText? Bridge, MacAddress? Mac)
{
    /// <summary>The bridge that the interface joins.</summary>
    public RawText HostBridge => Bridge ?? Name;
}

/// <summary>Six bytes of an Ethernet address.</summary>
/// <param name="Value">The six bytes as a number, the first on the wire in bits 40 to 47.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Lower-case hexadecimal, joined by colons.</summary>
    public override string ToString()
    {
        ulong value = Value;
        return string.Join(':', Enumerable.Range(0, 6).Select(i => ((value >> (40 - 8 * i)) & 0xff).ToString("x2", null)));
    }
}
