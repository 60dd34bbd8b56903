using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Benchmarks;

/// <summary>The two messages that are measured.</summary>
internal static class Samples
{
    public const int ImageBytes = 10 << 20;
    public const int ListedUnikernels = 1000;

    /// <summary>A create of an image of 10 MiB.</summary>
    public static Wire Create()
    {
        byte[] image = new byte[ImageBytes];
        new Random(1).NextBytes(image);
        var settings = new UnikernelSettings(
            new FailBehaviour.Restart(new([2, 255])), 50, true, new([0, 1]), 512,
            [new BlockAttachment(RawText.Of("data"), RawText.Of("vol"), 512)],
            [new NetAttachment(RawText.Of("service"), RawText.Of("br1"), null)],
            [RawText.Of("--ipv4=10.0.0.2/24"), RawText.Of("-l"), RawText.Of("*:debug")]);
        var config = new UnikernelConfig(ImageType.Solo5, false, image, settings);
        return new Wire.Request(new Header(1, NameOf("foo:bar:web")), new Command.UnikernelCreate(config, OnConflict.Refuse));
    }

    /// <summary>The reply to an info that lists a thousand unikernels with one interface and two arguments each.</summary>
    public static Wire List()
    {
        var entries = Enumerable.Range(0, ListedUnikernels).Select(i => new Entry<UnikernelInfo>(
            NameOf($"user{i / 50}:web{i}"),
            new UnikernelInfo(
                ImageType.Solo5, null, new FailBehaviour.Quit(), new([i % 8]), 32 + i, new byte[32], [],
                [new NetInfo(RawText.Of("service"), RawText.Of("service"), new MacAddress(0x008041cd8aebUL + (ulong)i))],
                [RawText.Of("-l"), RawText.Of("*:debug")],
                new DateTimeOffset(2026, 6, 18, 10, 43, 22, 123, TimeSpan.Zero).AddSeconds(i))));
        return new Wire.Answer(new Header(1, Name.Root), new Reply.Unikernels(InfoForm.Current, [.. entries]));
    }

    /// <summary>The name that <paramref name="text"/> writes.</summary>
    public static Name NameOf(string text) =>
        Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new InvalidOperationException(refusal.Text);
}
