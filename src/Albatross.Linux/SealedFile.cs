using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>
/// A file in memory that nobody can change any more, neither its bytes nor its length (memfd_create(2)). Pages that are zero are not
/// allocated. It lives as long as a descriptor or a mapping of it.
/// </summary>
public sealed class SealedFile : MappableFile
{
    private const int PageBytes = 4096;
    private const int CopyBytes = 64 * PageBytes;

    private SealedFile(int descriptor)
        : base(descriptor) { }

    /// <summary>A file for data; where the kernel can (Linux 6.3), it can never be executed.</summary>
    /// <param name="name">Shown in /proc; at most 249 bytes.</param>
    /// <param name="content">All of its bytes.</param>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static SealedFile Of(string name, ReadOnlySpan<byte> content) => Create(name, Libc.MemoryFileNoExecuteSeal, content);

    /// <summary>A file that <see cref="Spawner"/> or <see cref="Exec"/> can execute.</summary>
    /// <param name="name">Shown in /proc; at most 249 bytes.</param>
    /// <param name="content">All of its bytes.</param>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static SealedFile OfExecutable(string name, ReadOnlySpan<byte> content) => Create(name, Libc.MemoryFileExecutable, content);

    /// <summary>A file for data with everything that can be read from <paramref name="source"/>, at most 2 GiB less a page.</summary>
    /// <exception cref="LinuxException">Reading or writing failed; EFBIG: the source is too large.</exception>
    public static SealedFile CopyOf(string name, SafeHandle source)
    {
        const int TooLarge = 27;
        SealedFile file = Open(name, Libc.MemoryFileNoExecuteSeal);
        try
        {
            var buffer = new byte[CopyBytes];
            while (ReadFull(source, buffer) is var count and > 0)
            {
                if (count > int.MaxValue - PageBytes - file.LengthBytes)
                {
                    throw new LinuxException("read", name, TooLarge);
                }

                file.Append(buffer.AsSpan(0, count));
            }

            file.Seal();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SealedFile Create(string name, uint flag, ReadOnlySpan<byte> content)
    {
        SealedFile file = Open(name, flag);
        try
        {
            file.Append(content);
            file.Seal();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Kernels before 6.3 know neither flag and make every such file executable.</summary>
    private static SealedFile Open(string name, uint flag)
    {
        const uint Flags = Libc.MemoryFileCloseOnExec | Libc.MemoryFileAllowSealing;
        int descriptor = Libc.CreateMemoryFile(name, Flags | flag);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.InvalidArgument)
        {
            descriptor = Libc.CreateMemoryFile(name, Flags);
        }

        return new SealedFile(LinuxException.Check(descriptor, "memfd_create", name));
    }

    private static int ReadFull(SafeHandle source, Span<byte> buffer)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            nint count = Libc.ReadBytes(source, buffer[total..], buffer.Length - total);
            if (count < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
            {
                continue;
            }

            total += LinuxException.Check((int)count, "read");
            if (count == 0)
            {
                break;
            }
        }

        return total;
    }

    private void Append(ReadOnlySpan<byte> content)
    {
        LinuxException.Check(Libc.Truncate(this, LengthBytes + (long)content.Length), "ftruncate");
        int at = 0;
        while (at < content.Length)
        {
            int run = NonZeroRun(content[at..]);
            if (run > 0)
            {
                WriteAll(content.Slice(at, run), LengthBytes + at);
            }

            at += Math.Max(run, Math.Min(PageBytes, content.Length - at));
        }

        LengthBytes += content.Length;
    }

    /// <summary>How many bytes, in whole pages, until the next page of zeros.</summary>
    private static int NonZeroRun(ReadOnlySpan<byte> content)
    {
        int run = 0;
        while (run < content.Length)
        {
            ReadOnlySpan<byte> page = content[run..Math.Min(run + PageBytes, content.Length)];
            if (!page.ContainsAnyExcept((byte)0))
            {
                break;
            }

            run += page.Length;
        }

        return run;
    }

    private void WriteAll(ReadOnlySpan<byte> bytes, long offset)
    {
        while (bytes.Length > 0)
        {
            nint written = Libc.WriteAt(this, bytes, bytes.Length, offset);
            if (written < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted)
            {
                continue;
            }

            LinuxException.Check((int)written, "pwrite");
            bytes = bytes[(int)written..];
            offset += written;
        }
    }

    private void Seal() => LinuxException.Check(Libc.Fcntl(this, Libc.FcntlAddSeals, Libc.AllSeals), "fcntl(F_ADD_SEALS)");
}
