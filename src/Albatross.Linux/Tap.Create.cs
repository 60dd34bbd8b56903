using System.Runtime.InteropServices;
using System.Text;

namespace Albatross.Linux;

/// <summary>Taps that are made here, by ioctl alone: made, put into an existing bridge, brought up, and removed.</summary>
public sealed partial class Tap
{
    // include/uapi/linux/if_tun.h, sockios.h and if.h
    private const nuint SetPersistence = 0x4004_54CB;
    private const nuint SetInterfaceFlags = 0x8914;
    private const nuint SetMtu = 0x8922;
    private const nuint GetInterfaceIndex = 0x8933;
    private const nuint AddToBridge = 0x89A2;
    private const ushort InterfaceUp = 0x1;

    /// <summary>
    /// Makes a tap that is a port of <paramref name="bridge"/>, takes that one's MTU and is up. It vanishes with the last descriptor of it,
    /// so nothing is left of a process that is killed.
    /// </summary>
    /// <param name="bridge">An existing bridge of this network namespace.</param>
    /// <param name="pattern">Its name; the kernel puts the first free number in the place of <c>%d</c>.</param>
    /// <exception cref="LinuxException">
    /// The host said no. Call <see cref="BridgeCall"/>: ENODEV there is no such bridge, EOPNOTSUPP it is no bridge.
    /// </exception>
    public static Tap CreateOn(ReadOnlySpan<byte> bridge, string pattern)
    {
        string text = Encoding.UTF8.GetString(bridge);
        if (bridge.Length is 0 or > InterfaceRequest.LongestNameBytes)
        {
            throw new LinuxException(BridgeCall, text, Libc.NoSuchDevice);
        }

        using OwnedDescriptor socket = OpenSocket();
        int mtuBytes = Ask(socket, bridge, GetMtu, BridgeCall, text);
        int descriptor = Libc.OpenPath(Device, Libc.OpenReadWrite | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);
        var tap = new Tap(LinuxException.Check(descriptor, "open", Device));
        try
        {
            using var request = new InterfaceRequest(Encoding.ASCII.GetBytes(pattern)) { Flags = FlagTap | FlagNoPacketInformation };
            LinuxException.Check(request.Send(tap, SetInterface), "TUNSETIFF", pattern);
            Join(socket, request.Name, bridge, mtuBytes);
            tap.TakeOver(socket, request.Name, text);
            return tap;
        }
        catch
        {
            tap.Dispose();
            throw;
        }
    }

    /// <summary>The call of an exception that is about the bridge.</summary>
    public const string BridgeCall = "bridge";

    /// <summary>From now on it stays when its descriptors are closed, for a program that takes it by its name.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public void Keep() => LinuxException.Check(Libc.Control(this, SetPersistence, 1), "TUNSETPERSIST", Name);

    /// <summary>Removes a tap that was kept; nothing of that name is good.</summary>
    /// <exception cref="LinuxException">Somebody is attached to it (EBUSY), or it is no tap of this kind.</exception>
    public static void Remove(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        using OwnedDescriptor socket = OpenSocket();
        using (var question = new InterfaceRequest(bytes))
        {
            if (question.Send(socket, GetInterfaceFlags) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Libc.NoSuchDevice)
                {
                    return;
                }

                throw new LinuxException("SIOCGIFFLAGS", name, error);
            }
        }

        int descriptor = Libc.OpenPath(Device, Libc.OpenReadWrite | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);
        using var tap = new Tap(LinuxException.Check(descriptor, "open", Device));
        using var request = new InterfaceRequest(bytes) { Flags = FlagTap | FlagNoPacketInformation };
        LinuxException.Check(request.Send(tap, SetInterface), "TUNSETIFF", name);
        LinuxException.Check(Libc.Control(tap, SetPersistence, 0), "TUNSETPERSIST", name);
    }

    // The MTU before the bridge: a port of a smaller one would lower the bridge's. Up last, so that no frame passes a half-made port.
    private static void Join(OwnedDescriptor socket, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bridge, int mtuBytes)
    {
        string text = Encoding.UTF8.GetString(name);
        int index = Ask(socket, name, GetInterfaceIndex, "SIOCGIFINDEX", text);
        using (var mtu = new InterfaceRequest(name) { Number = mtuBytes })
        {
            LinuxException.Check(mtu.Send(socket, SetMtu), "SIOCSIFMTU", text);
        }

        using (var port = new InterfaceRequest(bridge) { Number = index })
        {
            LinuxException.Check(port.Send(socket, AddToBridge), BridgeCall, Encoding.UTF8.GetString(bridge));
        }

        using var flags = new InterfaceRequest(name);
        LinuxException.Check(flags.Send(socket, GetInterfaceFlags), "SIOCGIFFLAGS", text);
        flags.Flags |= InterfaceUp;
        LinuxException.Check(flags.Send(socket, SetInterfaceFlags), "SIOCSIFFLAGS", text);
    }

    private static int Ask(OwnedDescriptor socket, ReadOnlySpan<byte> name, nuint question, string call, string subject)
    {
        using var request = new InterfaceRequest(name);
        LinuxException.Check(request.Send(socket, question), call, subject);
        return request.Number;
    }
}
