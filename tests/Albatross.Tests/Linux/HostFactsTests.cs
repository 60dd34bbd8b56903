using Albatross.Linux;

namespace Albatross.Tests.Linux;

/// <summary>What the kernel tells of itself.</summary>
public sealed class HostFactsTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0-3", "0 1 2 3")]
    [InlineData("0-1,3,6-7", "0 1 3 6 7")]
    [InlineData("5-5", "5")]
    [InlineData("255", "255")]
    public void A_list_of_CPUs_is_numbers_and_ranges(string text, string numbers) =>
        Assert.Equal(numbers, string.Join(' ', HostFacts.ParseCpuList(text)));

    [Theory]
    [InlineData("")]
    [InlineData("0,")]
    [InlineData(",1")]
    [InlineData("a")]
    [InlineData("0-")]
    [InlineData("-1")]
    [InlineData("0 1")]
    [InlineData("0-1-2x")]
    public void Anything_else_is_no_list_of_CPUs(string text) =>
        Assert.Throws<FormatException>(() => HostFacts.ParseCpuList(text));

    [Fact]
    public void This_host_has_CPUs_memory_and_a_time_of_its_start()
    {
        Assert.Equal(Environment.ProcessorCount <= HostFacts.OnlineCpus.Count, HostFacts.OnlineCpus.Count > 0);
        Assert.InRange(HostFacts.MemoryMib, 64, 1L << 30);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(HostFacts.BootTimeSeconds), DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow);
        Assert.True(Guid.TryParse(HostFacts.BootId, out _));
    }
}
