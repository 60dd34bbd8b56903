using Microsoft.Win32.SafeHandles;

namespace Albatross.Linux;

/// <summary>A file descriptor that is closed with this object.</summary>
public class OwnedDescriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over <paramref name="descriptor"/>.</summary>
    public OwnedDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, valid while this object is not disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
