using System.Security.Cryptography;
using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>What is shown of images and boot arguments, which are big or secret.</summary>
internal enum Disclosure
{
    /// <summary>Their size and SHA-256; a short image is shown.</summary>
    Summaries = 0,

    /// <summary>Everything.</summary>
    Everything = 1,
}

/// <summary>Images and boot arguments as they are to be shown.</summary>
internal static class Disclosed
{
    /// <summary>An image, or the content of a block device or a part of it.</summary>
    public static void Image(this Outline outline, ReadOnlyMemory<byte> image, Disclosure disclosure)
    {
        if (disclosure == Disclosure.Everything || image.Length <= InspectionLimits.ShortImageBytes)
        {
            outline.Octets(image.Span);
            return;
        }

        outline.Fields(() =>
        {
            outline.Key("size").Number(image.Length);
            outline.Key("sha256").Octets(SHA256.HashData(image.Span));
        });
    }

    /// <summary>Boot arguments: null when absent. The digest is of each one followed by a zero byte.</summary>
    public static void Arguments(this Outline outline, IReadOnlyCollection<RawText>? arguments, Disclosure disclosure)
    {
        if (arguments is null)
        {
            outline.Absent();
            return;
        }

        if (disclosure == Disclosure.Everything || arguments.Count == 0)
        {
            outline.List(arguments, outline.Text);
            return;
        }

        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (RawText argument in arguments)
        {
            digest.AppendData(argument.Bytes.Span);
            digest.AppendData([0]);
        }

        outline.Fields(() =>
        {
            outline.Key("count").Number(arguments.Count);
            outline.Key("size").Number(arguments.Sum(argument => (long)argument.Bytes.Length));
            outline.Key("sha256").Octets(digest.GetHashAndReset());
        });
    }
}
