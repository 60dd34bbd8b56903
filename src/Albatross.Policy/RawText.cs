using System.Text;

namespace Albatross.Policy;

/// <summary>
/// Text as the peer sends it: raw bytes, usually UTF-8, never checked and never changed (wire specification, section 2:
/// console lines, boot arguments and failure texts may hold any bytes). Equality and order are bytewise. The default value is the
/// empty text.
/// </summary>
/// <example><code>RawText bridge = RawText.Of("service"); bridge.ToString() == "service"</code></example>
public readonly struct RawText : IEquatable<RawText>, IComparable<RawText>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>Takes <paramref name="bytes"/> as they are; the caller must not change them afterwards.</summary>
    public RawText(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes as received.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>The UTF-8 bytes of <paramref name="text"/>.</summary>
    public static RawText Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The same text in memory of its own: what was received with it (an image of many MiB) is not kept alive by it.</summary>
    public RawText Detached() => new(_bytes.ToArray());

    /// <inheritdoc/>
    public bool Equals(RawText other) => _bytes.Span.SequenceEqual(other._bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawText other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes.Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(RawText other) => _bytes.Span.SequenceCompareTo(other._bytes.Span);

    /// <summary>The text for eyes: bytes that are not UTF-8 become U+FFFD. Use <see cref="Bytes"/> for everything else.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_bytes.Span);

    /// <summary>Bytewise equality.</summary>
    public static bool operator ==(RawText left, RawText right) => left.Equals(right);

    /// <summary>Bytewise inequality.</summary>
    public static bool operator !=(RawText left, RawText right) => !left.Equals(right);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(RawText left, RawText right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(RawText left, RawText right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(RawText left, RawText right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(RawText left, RawText right) => left.CompareTo(right) >= 0;
}
