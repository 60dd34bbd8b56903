namespace Albatross.Client.Inspection;

/// <summary>How much is looked at. What is read is held once; what is printed is printed as it is found.</summary>
internal static class InspectionLimits
{
    private const int Mib = 1 << 20;

    /// <summary>The largest file: a state file holds all images of a host.</summary>
    public const int FileBytes = 512 * Mib;

    /// <summary>The largest value on one line of hexadecimal digits: as much as one frame may have.</summary>
    public const int LineBytes = 64 * Mib;

    /// <summary>Up to here an image is its own summary.</summary>
    public const int ShortImageBytes = 64;
}
