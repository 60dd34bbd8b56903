using System.IO.Compression;
using Albatross.Tls.Zlib;

namespace Albatross.Tests.Tls;

/// <summary>zlib format with a limit: an image is a stranger's.</summary>
public sealed class ZlibFormatTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(200_000)]
    public void What_was_packed_is_unpacked(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);

        Assert.Equal(bytes, ZlibFormat.Unpack(Pack(bytes), maxBytes: 1 << 20).ToArray());
    }

    [Fact]
    public void Nothing_can_be_packed_too()
    {
        byte[] packed = Convert.FromHexString("789c030000000001");   // as zlib itself writes it

        Assert.Empty(ZlibFormat.Unpack(packed, maxBytes: 100).ToArray());
    }

    [Fact]
    public void The_limit_itself_is_good_and_one_byte_more_is_not()
    {
        const int Limit = 1 << 20;

        Assert.Equal(Limit, ZlibFormat.Unpack(Pack(new byte[Limit]), Limit).Length);
        var tooLarge = Assert.Throws<InvalidDataException>(() => ZlibFormat.Unpack(Pack(new byte[Limit + 1]), Limit));
        Assert.Equal("larger than 1 MiB when unpacked", tooLarge.Message);
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_unpacked()
    {
        byte[] bomb = Pack(new byte[100 << 20]);
        Assert.True(bomb.Length < 200 << 10, $"{bomb.Length} bytes");
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<InvalidDataException>(() => ZlibFormat.Unpack(bomb, maxBytes: 1 << 20));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_part_of_a_larger_array_is_unpacked()
    {
        byte[] packed = Pack("hello"u8.ToArray());
        byte[] framed = [1, 2, 3, .. packed, 4, 5];

        Assert.Equal("hello"u8.ToArray(), ZlibFormat.Unpack(framed.AsMemory(3, packed.Length), maxBytes: 100).ToArray());
    }

    [Fact]
    public void What_is_no_zlib_is_refused()
    {
        byte[][] others = ["hello world"u8.ToArray(), "\u007fELF\u0002\u0001\u0001\0"u8.ToArray(), [0x78, 0x9d, 3, 0, 0, 0, 0, 1]];

        Assert.All(others, other => Assert.Equal(
            "Invalid Zlib header", Assert.Throws<InvalidDataException>(() => ZlibFormat.Unpack(other, maxBytes: 100)).Message));
    }

    [Fact]
    public void What_is_damaged_is_refused()
    {
        byte[] packed = Pack([.. Enumerable.Range(0, 1000).Select(n => (byte)(n * 7))]);
        packed[^1] ^= 1;   // its checksum

        Assert.Throws<InvalidDataException>(() => ZlibFormat.Unpack(packed, maxBytes: 10_000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(-5)]
    [InlineData(-4)]
    [InlineData(-1)]
    public void What_is_incomplete_is_refused(int length)
    {
        byte[] bytes = new byte[1000];
        new Random(1).NextBytes(bytes);
        byte[] packed = Pack(bytes);
        byte[] part = length >= 0 ? packed[..length] : packed[..^-length];

        Assert.Throws<InvalidDataException>(() => ZlibFormat.Unpack(part, maxBytes: 10_000));
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }
}
