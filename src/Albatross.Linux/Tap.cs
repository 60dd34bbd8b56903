using System.Runtime.InteropServices;
using System.Text;

namespace Albatross.Linux;

/// <summary>
/// One end of an Ethernet link: the host's end is a network interface, this one reads and writes frames (tun(4)). Non-blocking, without
/// packet information and without virtio-net header. Either the interface is made here, on a bridge, or it exists already.
/// </summary>
public sealed partial class Tap : OwnedDescriptor
{
    private const string Device = "/dev/net/tun";

    // include/uapi/linux/if_tun.h and if.h
    private const nuint SetInterface = 0x4004_54CA;
    private const nuint GetInterface = 0x8004_54D2;
    private const ushort FlagTap = 0x0002;
    private const ushort FlagNoPacketInformation = 0x1000;
    private const ushort FlagVirtioHeader = 0x4000;
    private const ushort InterfaceUpOrRunning = 0x41;

    // include/uapi/linux/sockios.h and ethtool.h
    private const nuint GetInterfaceFlags = 0x8913;
    private const nuint GetMtu = 0x8921;
    private const nuint Ethtool = 0x8946;
    private const uint SetGenericSegmentation = 0x24;
    private const uint SetGenericReceive = 0x2C;

    private const int FirstOtherDescriptor = 3;

    private Tap(int descriptor)
        : base(descriptor) { }

    /// <summary>The interface's MTU when it was attached.</summary>
    public int MtuBytes { get; private set; }

    /// <summary>The interface's name when it was attached.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Attaches to the existing interface <paramref name="name"/> of this network namespace.</summary>
    /// <exception cref="LinuxException">
    /// ENAMETOOLONG: 16 bytes or more; ENOENT: no such interface; ENETDOWN: it is down; EBUSY: somebody else is attached; EINVAL: it is no
    /// tap of this kind; EPERM: it belongs to another user.
    /// </exception>
    public static Tap Attach(ReadOnlySpan<byte> name)
    {
        string text = Encoding.UTF8.GetString(name);
        if (name.Length is 0 or > InterfaceRequest.LongestNameBytes)
        {
            throw new LinuxException("attach", text, name.IsEmpty ? Libc.NoSuchEntry : Libc.NameTooLong);
        }

        using OwnedDescriptor socket = OpenSocket();
        RequireUp(socket, name, text);
        int descriptor = Libc.OpenPath(Device, Libc.OpenReadWrite | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);
        var tap = new Tap(LinuxException.Check(descriptor, "open", Device));
        try
        {
            using var request = new InterfaceRequest(name) { Flags = FlagTap | FlagNoPacketInformation };
            LinuxException.Check(request.Send(tap, SetInterface), "TUNSETIFF", text);

            // A pattern such as tap%d makes an interface of another name.
            if (!request.Name.SequenceEqual(name))
            {
                throw new LinuxException("TUNSETIFF", text, Libc.InvalidArgument);
            }

            tap.TakeOver(socket, name, text);
            return tap;
        }
        catch
        {
            tap.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes over the descriptor <paramref name="number"/>, a tap that was attached by whoever started this process, and makes it
    /// non-blocking. Its interface has to be in this network namespace.
    /// </summary>
    /// <exception cref="LinuxException">
    /// EBADF: it is not open; EINVAL: it is no tap, or one with packet information or virtio-net header; ENOENT, ENETDOWN as for
    /// <see cref="Attach"/>.
    /// </exception>
    public static Tap Adopt(int number)
    {
        string text = $"@{number}";
        if (number < FirstOtherDescriptor)
        {
            throw new LinuxException("adopt", text, Libc.InvalidArgument);
        }

        int flags = LinuxException.Check(Libc.Fcntl(number, Libc.FcntlGetFlags, 0), "fcntl(F_GETFL)", text);
        using var borrowed = new BorrowedDescriptor(number);
        using var request = new InterfaceRequest([]);
        const ushort Kind = FlagTap | FlagNoPacketInformation | FlagVirtioHeader;
        if (request.Send(borrowed, GetInterface) < 0 || (request.Flags & Kind) != (FlagTap | FlagNoPacketInformation))
        {
            throw new LinuxException("TUNGETIFF", text, Libc.InvalidArgument);
        }

        using OwnedDescriptor socket = OpenSocket();
        RequireUp(socket, request.Name, text);
        LinuxException.Check(Libc.Fcntl(number, Libc.FcntlSetFlags, flags | Libc.OpenNonBlocking), "fcntl(F_SETFL)", text);
        var tap = new Tap(number);
        tap.TakeOver(socket, request.Name, text);
        return tap;
    }

    private static OwnedDescriptor OpenSocket() => new(LinuxException.Check(
        Libc.Socket(Libc.FamilyInternet, Libc.SocketDatagram | Libc.SocketCloseOnExec, 0), "socket"));

    private static void RequireUp(OwnedDescriptor socket, ReadOnlySpan<byte> name, string text)
    {
        using var request = new InterfaceRequest(name);
        if (request.Send(socket, GetInterfaceFlags) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new LinuxException("SIOCGIFFLAGS", text, error == Libc.NoSuchDevice ? Libc.NoSuchEntry : error);
        }

        if ((request.Flags & InterfaceUpOrRunning) == 0)
        {
            throw new LinuxException("SIOCGIFFLAGS", text, Libc.NetworkDown);
        }
    }

    /// <summary>
    /// Learns the MTU and asks for frames that have the size of the wire: no merging and no later cutting. Interfaces that cannot be asked
    /// are good as they are.
    /// </summary>
    private void TakeOver(OwnedDescriptor socket, ReadOnlySpan<byte> name, string text)
    {
        using var request = new InterfaceRequest(name);
        LinuxException.Check(request.Send(socket, GetMtu), "SIOCGIFMTU", text);
        MtuBytes = request.Number;
        Name = Encoding.UTF8.GetString(name);
        request.SetEthtoolCommand(SetGenericReceive);
        request.Send(socket, Ethtool);
        request.SetEthtoolCommand(SetGenericSegmentation);
        request.Send(socket, Ethtool);
    }

    /// <summary>A descriptor that stays open.</summary>
    private sealed class BorrowedDescriptor(int number) : OwnedDescriptor(number)
    {
        protected override bool ReleaseHandle() => true;
    }
}
