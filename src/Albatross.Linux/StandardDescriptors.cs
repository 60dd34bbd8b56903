using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>The descriptors 0, 1 and 2 of this process, for a program that does not use the console classes.</summary>
public static class StandardDescriptors
{
    private const int Count = 3;
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>
    /// Opens /dev/null for each of them that the caller left closed, so that nothing else gets their number. Call it before anything is
    /// opened.
    /// </summary>
    /// <exception cref="LinuxException">There is no /dev/null.</exception>
    public static void OpenMissing()
    {
        for (int descriptor = 0; descriptor < Count; descriptor++)
        {
            if (Libc.Fcntl(descriptor, Libc.FcntlGetDescriptorFlags, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.BadDescriptor)
            {
                // The lowest free number is this one.
                LinuxException.Check(Libc.OpenPath("/dev/null", Libc.OpenReadWrite), "open", "/dev/null");
            }
        }
    }

    /// <summary>Whether stdout or stderr is a regular file, so that limits on the size of files apply to it.</summary>
    public static bool OutputIsFile => IsRegularFile(Output) || IsRegularFile(Error);

    /// <summary>Writes all of <paramref name="bytes"/> to stderr; what cannot be written is lost, for there is nobody to tell.</summary>
    public static void WriteError(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = Libc.WriteBytes(Error, bytes, bytes.Length);
            if (written < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                return;
            }

            bytes = bytes[(int)Math.Max(written, 0)..];
        }
    }

    // st_mode is at offset 24 on x86-64 (struct stat).
    private static bool IsRegularFile(int descriptor)
    {
        const uint FormatMask = 0xF000;
        const uint RegularFormat = 0x8000;
        Span<byte> status = stackalloc byte[256];
        return Libc.Status(descriptor, status) == 0 && (MemoryMarshal.Read<uint>(status[24..]) & FormatMask) == RegularFormat;
    }
}
