namespace Albatross.Solo5;

/// <summary>An expected "no" to an image or its launch.</summary>
/// <param name="Code">The stable reason.</param>
/// <param name="Text">One sentence for a person, in the words of solo5-hvt, without the name of the file and without a full stop.</param>
public sealed record ImageRefusal(ImageRefusalCode Code, string Text)
{
    internal static ImageRefusal InvalidExecutable(ImageRefusalCode code, string text) => new(code, $"invalid executable: {text}");
}
