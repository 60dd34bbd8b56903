using System.Runtime.InteropServices;
using Albatross.Linux;

namespace Albatross.MachineCode.Differential;

/// <summary>Two connected sockets that keep datagrams apart, in the place of a tap: one end is the guest's, the other the host's.</summary>
internal sealed partial class SocketPair(OwnedDescriptor guest, OwnedDescriptor host) : IDisposable
{
    private const int LargestFrame = 0x10000;

    /// <summary>The end for the guest, non-blocking as a tap is.</summary>
    internal OwnedDescriptor Guest => guest;

    /// <exception cref="IOException">The host has no descriptor left.</exception>
    internal static SocketPair Make()
    {
        const int Unix = 1, Datagrams = 2, NonBlocking = 0x800, CloseOnExec = 0x80000;
        Span<int> ends = stackalloc int[2];
        return MakeSocketPair(Unix, Datagrams | NonBlocking | CloseOnExec, 0, ends) == 0
            ? new SocketPair(new OwnedDescriptor(ends[0]), new OwnedDescriptor(ends[1]))
            : throw new IOException($"socketpair: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Lets these frames wait for the guest.</summary>
    internal void Send(IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
        {
            if (Write(host, frame, frame.Length) != frame.Length)
            {
                throw new IOException($"write: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }

    /// <summary>What the guest has sent.</summary>
    internal List<byte[]> Drain()
    {
        List<byte[]> frames = [];
        var buffer = new byte[LargestFrame];
        while (Read(host, buffer, buffer.Length) is var count and >= 0)
        {
            frames.Add(buffer[..(int)count]);
        }

        return frames;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        guest.Dispose();
        host.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int MakeSocketPair(int domain, int type, int protocol, Span<int> ends);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeHandle descriptor, [Out] byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeHandle descriptor, byte[] bytes, nint count);
}
