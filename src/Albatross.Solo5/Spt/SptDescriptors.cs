using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Spt;

/// <summary>
/// Which descriptor is what when the launcher of an spt unikernel starts; 0 to 2 as in <see cref="LaunchDescriptors"/>. It makes the epoll
/// set and the timer itself: the set in the place of the image, which is closed before, the timer behind the devices.
/// </summary>
public static class SptDescriptors
{
    /// <summary>The image: an immutable file (sealed memfd) if it is shared, any file if it is copied.</summary>
    public const int Image = 3;

    /// <summary>
    /// Where attached devices begin. Taps have to be non-blocking. Behind them stands the empty directory of
    /// <see cref="Confinement.HasEmptyRoot"/>.
    /// </summary>
    public const int FirstDevice = 4;

    internal const int Epoll = Image;
}
