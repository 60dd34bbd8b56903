using Albatross.Linux;
using Microsoft.Win32.SafeHandles;

namespace Albatross.Tests.Linux;

public sealed class SealedFileTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(300_001)]
    public void What_was_written_is_read(int length)
    {
        byte[] content = Content(length);
        using SealedFile file = SealedFile.Of("test", content);
        Assert.Equal(content, file.Read(bytes => bytes.ToArray()));
        Assert.Equal(length, file.LengthBytes);
    }

    [Fact]
    public void A_copy_has_every_byte_of_its_source()
    {
        string path = Path.GetTempFileName();
        try
        {
            byte[] content = Content(600_123);
            File.WriteAllBytes(path, content);
            using DeviceFile source = DeviceFile.OpenForReading(path);
            using SealedFile file = SealedFile.CopyOf("test", source);
            Assert.Equal(content, file.Read(bytes => bytes.ToArray()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Nobody_can_write_to_it_any_more()
    {
        using SealedFile file = SealedFile.Of("test", Content(100));
        using SafeFileHandle handle = File.OpenHandle($"/proc/self/fd/{file.Number}", FileMode.Open, FileAccess.ReadWrite);
        Assert.ThrowsAny<UnauthorizedAccessException>(() => RandomAccess.Write(handle, [1], fileOffset: 0));
        Assert.ThrowsAny<UnauthorizedAccessException>(() => RandomAccess.SetLength(handle, 50));
    }

    [Fact]
    public void Pages_of_zeros_take_no_memory()
    {
        var content = new byte[1 << 20];
        content[5] = 1;
        content[^1] = 1;
        using SealedFile file = SealedFile.Of("test", content);

        // Asked before reading: a hole that is read through a mapping becomes a page of its own.
        Assert.InRange(BlocksOf(file), 1, 16);
        Assert.Equal(content, file.Read(bytes => bytes.ToArray()));
    }

    [Fact]
    public void A_failed_call_is_one_sentence_with_its_subject()
    {
        var e = Assert.Throws<LinuxException>(() => DeviceFile.OpenForReading("/nonexistent"));
        Assert.Equal(("open /nonexistent: No such file or directory", 2), (e.Message, e.Errno));
    }

    /// <summary>Blocks of 512 bytes, as stat(1) reports them.</summary>
    private static int BlocksOf(SealedFile file)
    {
        using var stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-L", "-c", "%b", $"/proc/{Environment.ProcessId}/fd/{file.Number}"])
            {
                RedirectStandardOutput = true,
            })!;
        return int.Parse(stat.StandardOutput.ReadToEnd(), null);
    }

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }
}
