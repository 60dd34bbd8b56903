using System.Runtime.InteropServices;

namespace Albatross.HostTests.Tender;

/// <summary>A second number for a descriptor, which every process that is started meanwhile inherits.</summary>
internal sealed partial class InheritedDescriptor : SafeHandle
{
    private const int DuplicateDescriptor = 0;

    /// <summary>A free number from 200 on, which is kept when a program is executed.</summary>
    internal InheritedDescriptor(SafeHandle descriptor)
        : base(-1, ownsHandle: true) => SetHandle(Control(descriptor, DuplicateDescriptor, 200));

    internal int Number => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeHandle descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
