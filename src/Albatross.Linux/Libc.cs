using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>The only door to the kernel; one partial file per concern.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);
}
