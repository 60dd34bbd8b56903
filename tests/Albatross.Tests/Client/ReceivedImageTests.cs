using Albatross.Client;
using Albatross.Client.Output;
using Albatross.Policy.Names;
using Albatross.Protocol.Commands;
using Albatross.Tests.Orchestration;

namespace Albatross.Tests.Client;

/// <summary>What <c>get</c> writes is the image, all of it, or nothing.</summary>
public sealed class ReceivedImageTests : IDisposable
{
    private static readonly byte[] Image = File.ReadAllBytes(GoldenFiles.PathOf("images/tiny-hello.hvt"));

    // As the real Albatross packed it (exchanges-local, step 43): tiny-forever.
    private static readonly byte[] Packed = Convert.FromHexString((string)System.Text.Json.Nodes.JsonNode.Parse(
        File.ReadLines(GoldenFiles.PathOf("exchanges-local.jsonl")).ElementAt(42))!
        ["replies"]![0]!["value"]!["payload"]!["success"]!["unikernel-image"]!["image"]!);

    private readonly Name _name = VmmdScript.NameOf($":received-{Guid.NewGuid():N}");

    private string[] Files => Directory.GetFiles(Path.GetTempPath(), $"{_name}.*");

    [Fact]
    public async Task An_image_is_written_as_it_was_sent_or_unpacked_for_its_owner_only()
    {
        string plain = await ReceivedImage.SaveAsync(_name, new Reply.Image(false, Image), default);
        Assert.Equal(Image, File.ReadAllBytes(plain));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(plain));
        File.Delete(plain);

        string unpacked = await ReceivedImage.SaveAsync(_name, new Reply.Image(true, Packed), default);
        Assert.Equal(File.ReadAllBytes(GoldenFiles.PathOf("images/tiny-forever.hvt")), File.ReadAllBytes(unpacked));
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(-40)]
    [InlineData(-400)]
    public async Task A_packed_image_that_was_cut_off_is_not_taken_for_a_whole_one(int missing)
    {
        var refused = await Assert.ThrowsAsync<ClientException>(
            () => ReceivedImage.SaveAsync(_name, new Reply.Image(true, Packed.AsMemory(0, Packed.Length + missing)), default));

        Assert.Contains("incomplete", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Files);
    }

    [Fact]
    public async Task A_packed_image_with_another_checksum_is_refused()
    {
        byte[] damaged = [.. Packed];
        damaged[^1] ^= 1;

        await Assert.ThrowsAsync<ClientException>(() => ReceivedImage.SaveAsync(_name, new Reply.Image(true, damaged), default));

        Assert.Empty(Files);
    }

    public void Dispose()
    {
        foreach (string file in Files)
        {
            File.Delete(file);
        }
    }
}
