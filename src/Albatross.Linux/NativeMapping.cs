using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>A mapping of memory that lies still and is unmapped with this object (mmap(2)).</summary>
internal sealed class NativeMapping : SafeHandle
{
    private readonly int _lengthBytes;

    private NativeMapping(nint address, int lengthBytes)
        : base(Libc.MapFailed, ownsHandle: true)
    {
        _lengthBytes = lengthBytes;
        SetHandle(address);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == Libc.MapFailed;

    /// <summary>Where it begins, valid while this object is not disposed.</summary>
    internal nint Address => handle;

    /// <summary>Zeroed memory of our own, readable and writable.</summary>
    /// <exception cref="LinuxException">No memory is left.</exception>
    internal static NativeMapping Anonymous(int lengthBytes)
    {
        const int Flags = Libc.MapPrivate | Libc.MapAnonymous;
        return Map(lengthBytes, Libc.ProtectRead | Libc.ProtectWrite, Flags, descriptor: -1);
    }

    /// <summary>The first <paramref name="lengthBytes"/> of a file that cannot shrink, to be read.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    internal static NativeMapping OfFile(OwnedDescriptor file, int lengthBytes) =>
        Map(lengthBytes, Libc.ProtectRead, Libc.MapShared, file.Number);

    /// <summary>The mapped bytes; the span must not be used after this object is disposed. Writing needs a mapping of our own.</summary>
    internal Span<byte> Bytes()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        unsafe
        {
            // SAFETY: the handle is not closed, so [handle, handle + _lengthBytes) is mapped, and it is readable at least.
            return new Span<byte>((void*)handle, _lengthBytes);
        }
    }

    /// <summary>From now on the memory can be read and executed, not written.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    internal void MakeExecutable() =>
        LinuxException.Check(Libc.Protect(handle, (nuint)_lengthBytes, Libc.ProtectRead | Libc.ProtectExecute), "mprotect");

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Unmap(handle, (nuint)_lengthBytes) == 0;

    private static NativeMapping Map(int lengthBytes, int protection, int flags, int descriptor)
    {
        nint address = Libc.Map(0, (nuint)lengthBytes, protection, flags, descriptor, 0);
        return address == Libc.MapFailed
            ? throw new LinuxException("mmap", null, Marshal.GetLastPInvokeError())
            : new NativeMapping(address, lengthBytes);
    }
}
