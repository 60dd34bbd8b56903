using System.Globalization;
using System.Text;
using System.Text.Json;
using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>
/// JSON in the conventions of the golden vectors: 64-bit numbers as decimal strings, bytes as hexadecimal digits, a text that is not
/// printable ASCII as <c>{"hex": …}</c>, null both for what is absent and for a choice without content.
/// </summary>
internal sealed class JsonOutline(Utf8JsonWriter writer) : Outline
{
    private const int BytesPerSegment = 16 << 10;

    /// <inheritdoc/>
    public override Outline Key(string key)
    {
        writer.WritePropertyName(key);
        return this;
    }

    /// <inheritdoc/>
    public override void BeginFields() => writer.WriteStartObject();

    /// <inheritdoc/>
    public override void EndFields() => writer.WriteEndObject();

    /// <inheritdoc/>
    public override void BeginList() => writer.WriteStartArray();

    /// <inheritdoc/>
    public override void EndList() => writer.WriteEndArray();

    /// <inheritdoc/>
    public override void Word(string word) => writer.WriteStringValue(word);

    /// <inheritdoc/>
    public override void Foreign(string text) => writer.WriteStringValue(text);

    /// <inheritdoc/>
    public override void Text(RawText text)
    {
        if (!text.Bytes.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            writer.WriteStringValue(Encoding.ASCII.GetString(text.Bytes.Span));
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName("hex");
        Octets(text.Bytes.Span);
        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public override void Number(long number) => writer.WriteNumberValue(number);

    /// <inheritdoc/>
    public override void Number64(long number) => writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override void Boolean(bool value) => writer.WriteBooleanValue(value);

    /// <inheritdoc/>
    public override void Absent() => writer.WriteNullValue();

    /// <inheritdoc/>
    public override void Nothing() => writer.WriteNullValue();

    // In pieces: one string of an image would be several times its size in memory, and from 80 MB on more than the writer takes.
    /// <inheritdoc/>
    public override void Octets(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > BytesPerSegment)
        {
            writer.WriteStringValueSegment(Convert.ToHexStringLower(bytes[..BytesPerSegment]), isFinalSegment: false);
            writer.Flush();
            bytes = bytes[BytesPerSegment..];
        }

        writer.WriteStringValueSegment(Convert.ToHexStringLower(bytes), isFinalSegment: true);
    }
}
