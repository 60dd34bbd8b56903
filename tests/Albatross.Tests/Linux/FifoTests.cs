using Albatross.Linux;
using Microsoft.Win32.SafeHandles;

namespace Albatross.Tests.Linux;

/// <summary>The console of a unikernel, on a real file system (W4 of the original: a reader that dies must not hurt the writer).</summary>
public sealed class FifoTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-fifo-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void What_is_written_is_read()
    {
        Fifo.Create(Console);
        using Fifo writer = Fifo.OpenForWriter(Console);
        using Fifo reader = Fifo.OpenForReader(Console);

        Write(writer, "hello\n"u8);

        Assert.Equal("hello\n"u8.ToArray(), Read(reader));
    }

    [Fact]
    public void While_a_writer_lives_a_silent_console_is_not_at_its_end()
    {
        Fifo.Create(Console);
        using Fifo reader = Fifo.OpenForReader(Console);
        using (Fifo writer = Fifo.OpenForWriter(Console))
        {
            Assert.Null(reader.Read(new byte[16]));
            Write(writer, "x"u8);
            Assert.Equal("x"u8.ToArray(), Read(reader));
            Assert.Null(reader.Read(new byte[16]));
        }

        Assert.Equal(0, reader.Read(new byte[16]));
    }

    [Fact]
    public void What_was_written_before_the_writer_ended_is_still_read()
    {
        Fifo.Create(Console);
        using Fifo reader = Fifo.OpenForReader(Console);
        using (Fifo writer = Fifo.OpenForWriter(Console))
        {
            Write(writer, "panic"u8);
        }

        Assert.Equal("panic"u8.ToArray(), Read(reader));
        Assert.Equal(0, reader.Read(new byte[16]));
    }

    [Fact]
    public void A_writer_does_not_notice_that_its_reader_died()
    {
        Fifo.Create(Console);
        using Fifo writer = Fifo.OpenForWriter(Console);
        using (Fifo.OpenForReader(Console))
        {
            Write(writer, "one"u8);
        }

        Write(writer, "two"u8);   // with a plain writer's end this is EPIPE

        using Fifo next = Fifo.OpenForReader(Console);
        Assert.Equal("onetwo"u8.ToArray(), Read(next));
    }

    [Fact]
    public void An_older_FIFO_makes_place_for_a_new_one()
    {
        Fifo.Create(Console);
        using Fifo old = Fifo.OpenForWriter(Console);
        Write(old, "from an earlier life"u8);

        Fifo.Create(Console);

        using Fifo reader = Fifo.OpenForReader(Console);
        Assert.Equal(0, reader.Read(new byte[16]));
    }

    [Fact]
    public void A_file_of_another_kind_is_left_alone_and_refused()
    {
        File.WriteAllText(Console, "precious");

        Assert.Throws<LinuxException>(() => Fifo.Create(Console));
        Assert.Throws<LinuxException>(() => Fifo.Remove(Console));
        Assert.Equal("precious", File.ReadAllText(Console));
    }

    [Fact]
    public void A_link_is_neither_followed_nor_removed()
    {
        string target = Path.Combine(_directory.FullName, "target");
        Fifo.Create(target);
        File.CreateSymbolicLink(Console, target);

        Assert.Throws<LinuxException>(() => Fifo.Create(Console));
        Assert.Throws<LinuxException>(() => Fifo.OpenForWriter(Console));
        Assert.Throws<LinuxException>(() => Fifo.OpenForReader(Console));
        Assert.True(File.Exists(Console));
    }

    [Fact]
    public void A_link_to_nowhere_is_refused_too()
    {
        File.CreateSymbolicLink(Console, Path.Combine(_directory.FullName, "nowhere"));

        Assert.Throws<LinuxException>(() => Fifo.Create(Console));
    }

    [Fact]
    public void Removing_what_is_not_there_is_good()
    {
        Fifo.Remove(Console);
        Fifo.Create(Console);
        Fifo.Remove(Console);
        Fifo.Remove(Console);

        Assert.Empty(Directory.GetFileSystemEntries(_directory.FullName));
    }

    [Fact]
    public void Only_owner_and_group_may_use_it()
    {
        Fifo.Create(Console);

        UnixFileMode mode = File.GetUnixFileMode(Console);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, mode);
    }

    [Fact]
    public void What_is_not_there_cannot_be_opened()
    {
        Assert.Throws<LinuxException>(() => Fifo.OpenForWriter(Console));
        Assert.Throws<LinuxException>(() => Fifo.OpenForReader(Console));
    }

    private string Console => Path.Combine(_directory.FullName, ":web");

    // The writer's descriptor belongs to the test's FIFO; the stream must not close it.
    private static void Write(Fifo writer, ReadOnlySpan<byte> bytes)
    {
        using var handle = new SafeFileHandle(writer.Number, ownsHandle: false);
        using var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        stream.Write(bytes);
    }

    private static byte[] Read(Fifo reader)
    {
        byte[] buffer = new byte[64];
        return buffer[..(reader.Read(buffer) ?? throw new InvalidOperationException("nothing is there"))];
    }
}
