using Albatross.Guests;
using Albatross.Solo5;

namespace Albatross.Tests.Solo5;

/// <summary>An image to be damaged, and what it is then refused for.</summary>
internal sealed class ImageBytes : DamagedGuest
{
    internal static GuestMemorySize Memory(ulong mebibytes = MalformedGuests.MemoryBytes >> 20)
    {
        Assert.True(GuestMemorySize.TryFromMebibytes(mebibytes, out GuestMemorySize memory, out _));
        return memory;
    }

    /// <summary>What the image is refused for, by the parser or for its segments.</summary>
    internal ImageRefusal? Refusal() => UnikernelImage.TryParse(Bytes, out UnikernelImage? image, out ImageRefusal? refusal)
        ? image.FitsInto(Memory())
        : refusal;
}
