using System.Buffers.Binary;
using System.Text.Json;
using Albatross.Policy;
using Albatross.Protocol.Frames;

namespace Albatross.Client.Inspection;

/// <summary>
/// For programs: one value in hexadecimal digits a line in, one line of JSON out,
/// <c>{"ok":true,"value":…,"der":"our encoding"}</c> or <c>{"ok":false,"error":"sentence","code":"…"}</c>, the latter with the header of a
/// message whose command or reply is of a newer version (code <c>unknown-tag</c>). Nothing is summarised: whoever asks has the bytes, and
/// <c>der</c> repeats them.
/// </summary>
internal sealed class LineAnswers(InspectionKind kind, Stream output)
{
    private static readonly byte[] EndOfLine = [(byte)'\n'];

    /// <summary>Answers every line of <paramref name="input"/>.</summary>
    public async Task RunAsync(Stream input, CancellationToken cancellation)
    {
        var lines = new HexLines(InspectionLimits.LineBytes);
        byte[] buffer = new byte[64 << 10];
        int read;
        while ((read = await input.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            int at = 0;
            while (lines.Take(buffer.AsSpan(0, read), ref at))
            {
                Answer(lines);
            }
        }

        if (lines.HasBegun)
        {
            Answer(lines);
        }
    }

    // The next line overwrites the buffer of this one: nothing that is read from it outlives this method.
    private void Answer(HexLines lines)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            var outline = new JsonOutline(json);
            (ReadOnlyMemory<byte> bytes, Refusal? refusal) = lines.Value;
            outline.Fields(() => Answer(outline, bytes, refusal));
        }

        output.Write(EndOfLine);
        output.Flush();
        lines.Clear();
    }

    private void Answer(JsonOutline outline, ReadOnlyMemory<byte> bytes, Refusal? refusal)
    {
        var description = new Description(outline, Disclosure.Everything);
        ReadOnlyMemory<byte> der = kind == InspectionKind.Wire ? Unframed(bytes) : bytes;
        ReadValue? value = null;
        if (refusal is null && ReadValue.TryRead(kind, der, out value, out refusal) && (refusal = value.Newer) is null)
        {
            outline.Key("ok").Boolean(true);
            outline.Key("value");
            value.Describe(description);
            outline.Key("der").Octets(value.Encode());
            return;
        }

        outline.Key("ok").Boolean(false);
        description.OfFields(refusal!);
        if (value?.Header is { } header)
        {
            outline.Key("header");
            description.Of(header);
        }
    }

    // A message in exactly one frame is as good as the message.
    private static ReadOnlyMemory<byte> Unframed(ReadOnlyMemory<byte> bytes) =>
        Recognition.IsFramed(bytes.Span) && BinaryPrimitives.ReadInt32BigEndian(bytes.Span) == bytes.Length - FrameWriter.HeaderBytes
            ? bytes[FrameWriter.HeaderBytes..]
            : bytes;
}
