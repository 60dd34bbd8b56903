using System.Buffers.Binary;

namespace Albatross.Linux;

/// <summary>struct ifreq of net/if.h: the name of an interface in 16 bytes, then a union of 24 (netdevice(7)).</summary>
internal sealed class InterfaceRequest : IDisposable
{
    /// <summary>The longest name, without its NUL.</summary>
    internal const int LongestNameBytes = 15;

    private const int NameBytes = 16;
    private const int RequestBytes = 40;
    private const int ExtraBytes = 8;

    private readonly NativeMapping _memory = NativeMapping.Anonymous(RequestBytes + ExtraBytes);

    /// <summary>A request about the interface of this name, at most 15 bytes.</summary>
    internal InterfaceRequest(ReadOnlySpan<byte> name) => name.CopyTo(Bytes[..LongestNameBytes]);

    /// <summary>The name, as the kernel left it.</summary>
    internal ReadOnlySpan<byte> Name
    {
        get
        {
            ReadOnlySpan<byte> name = Bytes[..NameBytes];
            int end = name.IndexOf((byte)0);
            return end < 0 ? name : name[..end];
        }
    }

    /// <summary>ifr_flags, the first two bytes of the union.</summary>
    internal ushort Flags
    {
        get => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[NameBytes..]);
        set => BinaryPrimitives.WriteUInt16LittleEndian(Bytes[NameBytes..], value);
    }

    /// <summary>ifr_mtu or ifr_ifindex, the first four bytes of the union.</summary>
    internal int Number
    {
        get => BinaryPrimitives.ReadInt32LittleEndian(Bytes[NameBytes..]);
        set => BinaryPrimitives.WriteInt32LittleEndian(Bytes[NameBytes..], value);
    }

    private Span<byte> Bytes => _memory.Bytes();

    /// <summary>Asks the kernel; what it answers is in this request afterwards. Gives the result of ioctl(2).</summary>
    internal int Send(OwnedDescriptor descriptor, nuint request) => Libc.Control(descriptor, request, _memory.Address);

    /// <summary>Makes the union a pointer to struct ethtool_value { command u32, value u32 = 0 }.</summary>
    internal void SetEthtoolCommand(uint command)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Bytes[NameBytes..], _memory.Address + RequestBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes[RequestBytes..], command);
        BinaryPrimitives.WriteUInt32LittleEndian(Bytes[(RequestBytes + 4)..], 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
