using System.Buffers.Binary;
using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>The primitive values of the grammar (wire specification, section 3: OInt, Int64, Int32, Mac, Name).</summary>
internal ref partial struct DerReader
{
    private const long SmallestInteger = -(1L << 62);
    private const long LargestInteger = (1L << 62) - 1;

    /// <summary>BOOLEAN: one byte; anything but 0 is true.</summary>
    public bool ReadBoolean()
    {
        ReadOnlyMemory<byte> content = ReadContent(DerTag.Boolean);
        return content.Length == 1 ? content.Span[0] != 0 : throw DerException.Malformed($"a BOOLEAN of {content.Length} bytes");
    }

    /// <summary>NULL: no content. Returns <paramref name="meaning"/>, what the tag above it stands for.</summary>
    public T ReadNullAs<T>(T meaning)
    {
        int length = ReadContent(DerTag.Null).Length;
        return length == 0 ? meaning : throw DerException.Malformed($"a NULL of {length} bytes");
    }

    /// <summary>OInt: an INTEGER in its shortest form, of 63 bits with its sign (-2^62 to 2^62-1).</summary>
    public long ReadInteger()
    {
        ReadOnlySpan<byte> content = ReadContent(DerTag.Integer).Span;
        if (content.IsEmpty)
        {
            throw DerException.Malformed("an INTEGER without bytes");
        }

        if (content.Length > 1 && ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80)))
        {
            throw DerException.Malformed("an INTEGER in redundant form");
        }

        if (content.Length > sizeof(long))
        {
            throw DerException.Malformed($"an INTEGER of {content.Length} bytes: only 63 bits are allowed");
        }

        long value = (sbyte)content[0];
        foreach (byte digit in content[1..])
        {
            value = (value << 8) | digit;
        }

        return value is >= SmallestInteger and <= LargestInteger
            ? value
            : throw DerException.Malformed($"the INTEGER {value}: only 63 bits are allowed");
    }

    /// <summary>OInt OPTIONAL.</summary>
    public long? ReadOptionalInteger() => NextIs(DerTag.Integer) ? ReadInteger() : null;

    /// <summary>Int32: an INTEGER, cut to its low 32 bits as the original does.</summary>
    public int ReadInt32() => unchecked((int)ReadInteger());

    /// <summary>
    /// Int64: an OCTET STRING of 8 bytes, big-endian. Of a longer one the first 8 count, as for the original; a shorter one, which
    /// ends the original's process, is refused.
    /// </summary>
    public long ReadInt64()
    {
        ReadOnlySpan<byte> content = ReadContent(DerTag.OctetString).Span;
        return content.Length >= sizeof(long)
            ? BinaryPrimitives.ReadInt64BigEndian(content)
            : throw DerException.Malformed($"a 64-bit number of {content.Length} bytes");
    }

    /// <summary>OCTET STRING, as a slice of the input.</summary>
    public ReadOnlyMemory<byte> ReadOctets() => ReadContent(DerTag.OctetString);

    /// <summary>OCTET STRING OPTIONAL. A bare null would be converted to an empty array, and so to a string that is there.</summary>
    public ReadOnlyMemory<byte>? ReadOptionalOctets() => NextIs(DerTag.OctetString) ? ReadOctets() : default(ReadOnlyMemory<byte>?);

    /// <summary>UTF8String, whatever its bytes, as a slice of the input.</summary>
    public RawText ReadText() => new(ReadContent(DerTag.Utf8String));

    /// <summary>UTF8String OPTIONAL.</summary>
    public RawText? ReadOptionalText() => NextIs(DerTag.Utf8String) ? ReadText() : null;

    /// <summary>GeneralizedTime, see <see cref="Der.GeneralizedTime"/>.</summary>
    public DateTimeOffset ReadTime()
    {
        ReadOnlySpan<byte> text = ReadContent(DerTag.GeneralizedTime).Span;
        return GeneralizedTime.TryParse(text, out DateTimeOffset instant)
            ? instant
            : throw DerException.Malformed("a GeneralizedTime that is out of range or of unknown form");
    }

    /// <summary>Mac: an OCTET STRING of exactly 6 bytes.</summary>
    public MacAddress ReadMac()
    {
        ReadOnlySpan<byte> content = ReadContent(DerTag.OctetString).Span;
        if (content.Length != 6)
        {
            throw DerException.Malformed($"an Ethernet address of {content.Length} bytes");
        }

        ulong upper = BinaryPrimitives.ReadUInt16BigEndian(content);
        return new MacAddress((upper << 32) | BinaryPrimitives.ReadUInt32BigEndian(content[2..]));
    }

    /// <summary>Mac OPTIONAL.</summary>
    public MacAddress? ReadOptionalMac() => NextIs(DerTag.OctetString) ? ReadMac() : null;

    /// <summary>Name: a UTF8String by the rules of section 5.</summary>
    public Name ReadName()
    {
        ReadOnlySpan<byte> content = ReadContent(DerTag.Utf8String).Span;

        // Byte for byte: what is not ASCII becomes a character that no label has. One past the limit is enough to be refused for it.
        string text = Encoding.Latin1.GetString(content[..Math.Min(content.Length, Name.MaxLength + 1)]);
        return Name.TryParse(text, out Name name, out Refusal? refusal) ? name : throw new DerException(refusal);
    }

    /// <summary>SET OF or SEQUENCE OF OInt (by <paramref name="tag"/>), as a set.</summary>
    public ValueSet<long> ReadIntegerSet(byte tag) => new(ReadListOf(tag, static (ref DerReader item) => item.ReadInteger()));

    /// <summary>SEQUENCE OF UTF8String.</summary>
    public ImmutableArray<RawText> ReadTexts() => ReadListOf(DerTag.Sequence, static (ref DerReader item) => item.ReadText());
}
