using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

public sealed class GuestMemorySizeTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(5, 4)]
    [InlineData(512, 512)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 4096)]
    public void Sizes_are_rounded_down_to_2_MiB_and_up_to_the_smallest(ulong asked, ulong given)
    {
        Assert.True(GuestMemorySize.TryFromMebibytes(asked, out GuestMemorySize size, out _));
        Assert.Equal(given << 20, size.Bytes);
    }

    [Theory]
    [InlineData(4098, "4297064448")]
    [InlineData(ulong.MaxValue, "19342813113834066793201664")]
    public void More_than_4_GiB_is_refused(ulong asked, string bytes)
    {
        Assert.False(GuestMemorySize.TryFromMebibytes(asked, out _, out ImageRefusal? refusal));
        Assert.Equal(ImageRefusalCode.MemoryTooLarge, refusal.Code);
        Assert.Equal($"guest memory size {bytes} bytes exceeds the max size 4294967296 bytes", refusal.Text);
    }

    [Fact]
    public void The_default_value_is_the_smallest_size() => Assert.Equal(2UL << 20, default(GuestMemorySize).Bytes);
}
