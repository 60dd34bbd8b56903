using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.HostTests.Tender;

/// <summary>Equal images share their pages: every unikernel maps the same sealed file, and only what it changes becomes its own.</summary>
public sealed class SharedImageTests
{
    private const int ImageBytes = 8 << 20, OwnBytes = 256 << 10;
    private const string Mapping = "/memfd:image";

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public void Unikernels_of_one_image_have_its_pages_once(GuestTarget target)
    {
        _ = target.Command();
        byte[] image = SampleGuests.PaddingReader(ImageBytes, target);
        using var unikernel = new ResidentUnikernel(target, image, ImageAccess.Share, mebibytes: 16);
        RunningUnikernel[] running = [.. Enumerable.Range(0, 4).Select(_ => unikernel.Start())];
        try
        {
            Assert.All(running, one => Assert.Equal("read", one.Console.ReadLine()));
            MappedImage mapped = MappedImage.Of(running[0].ProcessId, Mapping);
            Assert.InRange(mapped.Shared, ImageBytes, ImageBytes + OwnBytes);
            Assert.InRange(mapped.Proportional, 0, (ImageBytes / running.Length) + OwnBytes);
            Assert.InRange(mapped.PrivateDirty, 0, OwnBytes);
        }
        finally
        {
            Array.ForEach(running, one => one.Dispose());
        }
    }

    [Theory]
    [InlineData(GuestTarget.Hvt)]
    [InlineData(GuestTarget.Spt)]
    public void A_copied_image_is_each_unikernels_own(GuestTarget target)
    {
        _ = target.Command();
        byte[] image = SampleGuests.PaddingReader(ImageBytes, target);
        using var unikernel = new ResidentUnikernel(target, image, ImageAccess.Copy, mebibytes: 16);
        using RunningUnikernel running = unikernel.Start(), other = unikernel.Start();
        Assert.Equal(("read", "read"), (running.Console.ReadLine(), other.Console.ReadLine()));
        Assert.Equal(new MappedImage(0, 0, 0, 0), MappedImage.Of(running.ProcessId, Mapping));
        Assert.InRange(MappedImage.Of(running.ProcessId, "").PrivateDirty, ImageBytes, ImageBytes + (2 * OwnBytes));
    }
}
