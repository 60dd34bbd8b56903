namespace Albatross.Fuzz.Oracle;

/// <summary>
/// Reads any type of the module, slowly and by the letter: the ASN.1 text says what comes next, section 2 of the wire specification how
/// the peer reads it. It shares no code with the decoders under test.
/// </summary>
internal sealed class SchemaDecoder
{
    // In these a tag without an alternative is malformed; in all others it is a newer peer's.
    private static readonly string[] ClosedChoices = ["Typ", "FailBehaviour", "Payload", "State"];

    // "dropped: the decoder answers with a parse error", "decoding raises": their content is NULL, but no value has them.
    private static readonly string[] DroppedAlternatives = ["log", "reserved"];

    private bool _isUnknown;
    private int _elements;

    private SchemaDecoder() { }

    /// <summary>Reads exactly one value of <paramref name="type"/>.</summary>
    public static Opinion Decode(Asn1Type type, ReadOnlySpan<byte> input)
    {
        var decoder = new SchemaDecoder();
        ReadOnlySpan<byte> rest = input;
        Asn1Value? value = decoder.Read(type, null, ref rest);
        value = rest.IsEmpty ? value : null;
        return new Opinion(value, value is not null && decoder._isUnknown, decoder._elements);
    }

    /// <summary>The identifier byte of a type that is no choice.</summary>
    public static byte TagOf(Asn1Kind kind) => kind switch
    {
        Asn1Kind.Boolean => 0x01,
        Asn1Kind.Integer => 0x02,
        Asn1Kind.OctetString => 0x04,
        Asn1Kind.Null => 0x05,
        Asn1Kind.Utf8String => 0x0c,
        Asn1Kind.GeneralizedTime => 0x18,
        Asn1Kind.Sequence or Asn1Kind.SequenceOf => 0x30,
        Asn1Kind.SetOf => 0x31,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    // Definite lengths in their shortest form; 81 7F is let pass.
    private static bool TryHeader(ref ReadOnlySpan<byte> input, out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (input.Length < 2 || (input[0] & 0x1f) == 0x1f)
        {
            return false;
        }

        tag = input[0];
        UInt128 length = input[1];
        int digits = 0;
        if (input[1] >= 0x80)
        {
            digits = input[1] - 0x80;
            if (digits == 0 || digits > input.Length - 2 || input[2] == 0 || digits > 8)
            {
                return false;
            }

            length = 0;
            foreach (byte digit in input.Slice(2, digits))
            {
                length = length * 256 + digit;
            }

            if (length < 127)
            {
                return false;
            }
        }

        if (length > (UInt128)(input.Length - 2 - digits))
        {
            return false;
        }

        content = input.Slice(2 + digits, (int)length);
        input = input[(2 + digits + (int)length)..];
        return true;
    }

    private static bool Begins(Asn1Field field, ReadOnlySpan<byte> input) => !input.IsEmpty && (field.Tag, field.Type.Kind) switch
    {
        ({ } tag, _) => input[0] == 0xa0 + tag,
        (_, Asn1Kind.Choice) => AlternativeOf(field.Type, input[0]) is not null,
        (_, var kind) => input[0] == TagOf(kind),
    };

    private static Asn1Field? AlternativeOf(Asn1Type choice, byte tag) => choice.Fields.FirstOrDefault(field => 0xa0 + field.Tag == tag);

    private Asn1Value? ReadField(Asn1Field field, ref ReadOnlySpan<byte> input)
    {
        if (field.Tag is not { } tag)
        {
            return Read(field.Type, null, ref input);
        }

        if (field.IsImplicit)
        {
            return Read(field.Type, (byte)(0xa0 + tag), ref input);
        }

        if (!TryHeader(ref input, out byte found, out ReadOnlySpan<byte> below) || found != 0xa0 + tag)
        {
            return null;
        }

        Asn1Value? value = Read(field.Type, null, ref below);
        return below.IsEmpty ? value : null;
    }

    private Asn1Value? Read(Asn1Type type, byte? tag, ref ReadOnlySpan<byte> input)
    {
        if (type.Kind == Asn1Kind.Choice)
        {
            return ReadChoice(type, ref input);
        }

        if (!TryHeader(ref input, out byte found, out ReadOnlySpan<byte> content) || found != (tag ?? TagOf(type.Kind)))
        {
            return null;
        }

        return type.Kind switch
        {
            Asn1Kind.Boolean => content.Length == 1 ? new Asn1Value(type) { Number = content[0] == 0 ? 0 : 1 } : null,
            Asn1Kind.Integer => ReadInteger(type, content),
            Asn1Kind.OctetString => ReadOctets(type, content),
            Asn1Kind.Null => content.IsEmpty ? new Asn1Value(type) : null,
            Asn1Kind.Utf8String => ReadText(type, content),
            Asn1Kind.GeneralizedTime => TimeText.Canonical(content) is { } time ? new Asn1Value(type) { Bytes = time } : null,
            Asn1Kind.Sequence => ReadSequence(type, content),
            _ => ReadList(type, content),
        };
    }

    private Asn1Value? ReadChoice(Asn1Type type, ref ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return null;
        }

        if (AlternativeOf(type, input[0]) is not { } alternative)
        {
            bool isNewer = input[0] is >= 0xa0 and < 0xbf && !ClosedChoices.Contains(type.Name);
            _isUnknown |= isNewer;
            return isNewer && TryHeader(ref input, out _, out _) ? new Asn1Value(type) : null;
        }

        Asn1Value? value = ReadField(alternative, ref input);
        return value is null || DroppedAlternatives.Contains(alternative.Name)
            ? null
            : new Asn1Value(type) { Parts = { (alternative, value) } };
    }

    private Asn1Value? ReadSequence(Asn1Type type, ReadOnlySpan<byte> content)
    {
        var sequence = new Asn1Value(type);
        foreach (Asn1Field field in type.Fields)
        {
            if (field.IsOptional && !Begins(field, content))
            {
                continue;
            }

            if (ReadField(field, ref content) is not { } value)
            {
                return null;
            }

            sequence.Parts.Add((field, value));
        }

        return content.IsEmpty ? sequence : null;
    }

    private Asn1Value? ReadList(Asn1Type type, ReadOnlySpan<byte> content)
    {
        var list = new Asn1Value(type);
        while (!content.IsEmpty)
        {
            _elements++;
            if (ReadField(type.Element!, ref content) is not { } item)
            {
                return null;
            }

            list.Items.Add(item);
        }

        return list;
    }

    // Shortest form; Int32 is cut to its low 32 bits, everything else must fit 63 bits and its own range.
    private static Asn1Value? ReadInteger(Asn1Type type, ReadOnlySpan<byte> content)
    {
        bool isRedundant = content.Length > 1 && ((content[0] == 0 && content[1] < 128) || (content[0] == 255 && content[1] >= 128));
        if (content.IsEmpty || isRedundant || content.Length > 8)
        {
            return null;
        }

        Int128 value = content[0] >= 128 ? -1 : 0;
        foreach (byte digit in content)
        {
            value = value * 256 + digit;
        }

        if (value < -(Int128.One << 62) || value >= Int128.One << 62)
        {
            return null;
        }

        if (type.Name == "Int32")
        {
            Int128 low = ((value % (1L << 32)) + (1L << 32)) % (1L << 32);
            return new Asn1Value(type) { Number = (long)(low >= 1L << 31 ? low - (1L << 32) : low) };
        }

        return value >= (type.Smallest ?? value) && value <= (type.Largest ?? value) ? new Asn1Value(type) { Number = (long)value } : null;
    }

    // Of an Int64 the first eight bytes count, other sizes are exact.
    private static Asn1Value? ReadOctets(Asn1Type type, ReadOnlySpan<byte> content)
    {
        bool isGood = type.Size is not { } size || content.Length == size || (type.Name == "Int64" && content.Length > size);
        return !isGood ? null
            : type.Name == "Int64" ? new Asn1Value(type) { Bytes = content[..8].ToArray() }
            : new Asn1Value(type) { Bytes = content.ToArray() };
    }

    private static Asn1Value? ReadText(Asn1Type type, ReadOnlySpan<byte> content)
    {
        if (type.Name != "Name")
        {
            return new Asn1Value(type) { Bytes = content.ToArray() };
        }

        return NameText.Canonical(content) is { } name ? new Asn1Value(type) { Bytes = name } : null;
    }
}
