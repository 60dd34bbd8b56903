using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Albatross.Policy.Unikernels;

namespace Albatross.Policy.Names;

/// <summary>
/// The Ethernet address of an interface whose owner chose none (wire specification, section 10): <c>00:80:41</c>, then the first three
/// bytes of MD5(device ‖ name). The same unikernel has the same address after every restart and on every host, so DHCP leases and
/// neighbour tables stay good.
/// </summary>
/// <example><code>BridgeMac.Of(RawText.Of("service"), name) // 00:80:41:cd:8a:eb for the name :hello</code></example>
public static class BridgeMac
{
    private const ulong Vendor = 0x00_80_41;

    /// <summary>The address of <paramref name="device"/>, the interface as the manifest names it, of the unikernel <paramref
    /// name="name"/>.</summary>
    public static MacAddress Of(RawText device, Name name)
    {
        byte[] text = [.. device.Bytes.Span, .. Encoding.ASCII.GetBytes(name.ToString())];
        return new MacAddress((Vendor << 24) | (BinaryPrimitives.ReadUInt32BigEndian(Digest(text)) >> 8));
    }

    // MD5 only spreads names over 24 bits here. Whoever looks for two names with one address finds them with any hash, and addresses are
    // not secrets; the original's addresses, which peers have in their leases and firewalls, are made with it.
#pragma warning disable CA5351
    private static byte[] Digest(byte[] text) => MD5.HashData(text);
#pragma warning restore CA5351
}
