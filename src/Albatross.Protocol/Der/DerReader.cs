namespace Albatross.Protocol.Der;

/// <summary>Reads one element of a list, or the value below an explicit tag.</summary>
internal delegate T DerElement<out T>(ref DerReader reader);

/// <summary>
/// Reads tag-length-value elements one after the other, as strictly and as leniently as the original does (wire specification,
/// section 2): definite lengths in their shortest form, except that <c>81 7F</c> is taken; one-byte tags; no constructed strings.
/// What it returns are slices of the input, never copies. Descends as deep as the grammar, not as deep as the input.
/// </summary>
/// <remarks>Every method throws <see cref="DerException"/> when the bytes are not what was asked for.</remarks>
internal ref partial struct DerReader
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ElementBudget _budget;
    private int _at;

    /// <summary>Reads <paramref name="memory"/> from its beginning; its lists draw on <paramref name="budget"/>.</summary>
    public DerReader(ReadOnlyMemory<byte> memory, ElementBudget budget)
    {
        _memory = memory;
        _bytes = memory.Span;
        _budget = budget;
    }

    /// <summary>Whether nothing follows.</summary>
    public readonly bool IsEmpty => _at == _bytes.Length;

    /// <summary>Whether the next element has <paramref name="tag"/>: this tells an OPTIONAL field from its successor.</summary>
    public readonly bool NextIs(byte tag) => _at < _bytes.Length && _bytes[_at] == tag;

    /// <summary>The content of the next element, which must have <paramref name="tag"/>.</summary>
    public ReadOnlyMemory<byte> ReadContent(byte tag)
    {
        if (IsEmpty)
        {
            throw DerException.Malformed($"{DerTag.Describe(tag)} expected, but nothing follows");
        }

        if (_bytes[_at] != tag)
        {
            throw DerException.Malformed($"{DerTag.Describe(tag)} expected, not {DerTag.Describe(_bytes[_at])}");
        }

        int length = ReadLength(_bytes[(_at + 1)..], out int lengthBytes);
        ReadOnlyMemory<byte> content = _memory.Slice(_at + 1 + lengthBytes, length);
        _at += 1 + lengthBytes + length;
        return content;
    }

    /// <summary>A reader of what is in the next element, which must be constructed and have <paramref name="tag"/>.</summary>
    public DerReader Enter(byte tag) => new(ReadContent(tag), _budget);

    /// <summary>As <see cref="Enter(byte)"/>, with another budget from here on.</summary>
    public DerReader Enter(byte tag, ElementBudget budget) => new(ReadContent(tag), budget);

    /// <summary>CHOICE: the number of the next element's context tag and a reader of what is below it.</summary>
    public DerReader EnterChoice(out int number)
    {
        number = IsEmpty ? -1 : DerTag.ContextNumber(_bytes[_at]);
        if (number < 0)
        {
            string found = IsEmpty ? "but nothing follows" : "not " + DerTag.Describe(_bytes[_at]);
            throw DerException.Malformed($"a choice expected, {found}");
        }

        return Enter(_bytes[_at]);
    }

    /// <summary>EXPLICIT tag <paramref name="number"/>, OPTIONAL: exactly one value below it, or <paramref name="missing"/>.</summary>
    public T ReadTagged<T>(int number, DerElement<T> read, T missing)
    {
        if (!NextIs(DerTag.Context(number)))
        {
            return missing;
        }

        DerReader inner = Enter(DerTag.Context(number));
        T value = read(ref inner);
        inner.End();
        return value;
    }

    /// <summary>SEQUENCE OF or SET OF (by <paramref name="tag"/>), in the order of the bytes; duplicates and any order are taken.</summary>
    public ImmutableArray<T> ReadListOf<T>(byte tag, DerElement<T> read)
    {
        DerReader items = Enter(tag);
        var list = ImmutableArray.CreateBuilder<T>();
        while (!items.IsEmpty)
        {
            _budget.Take();
            list.Add(read(ref items));
        }

        return list.DrainToImmutable();
    }

    /// <summary>Passes over what follows, unread.</summary>
    public void SkipRest() => _at = _bytes.Length;

    /// <summary>Insists that nothing follows.</summary>
    public readonly void End()
    {
        if (!IsEmpty)
        {
            throw DerException.Malformed($"trailing bytes: nothing expected, not {DerTag.Describe(_bytes[_at])}");
        }
    }

    // X.690 10.1. Four bytes of length are enough for any array; a longer form would be redundant or larger than the input.
    private static int ReadLength(ReadOnlySpan<byte> rest, out int lengthBytes)
    {
        int first = rest.IsEmpty ? throw DerException.Malformed("the bytes end before a length") : rest[0];
        int count = first < 0x80 ? 0 : first - 0x80;
        if (first == 0x80)
        {
            throw DerException.Malformed("indefinite length");
        }

        if (count > 4 || count >= rest.Length)
        {
            throw DerException.Malformed("the bytes end before the end of an element");
        }

        long length = count == 0 ? first : 0;
        foreach (byte digit in rest.Slice(1, count))
        {
            length = (length << 8) | digit;
        }

        // The original lets the one redundant form 81 7F pass.
        if (count > 0 && (rest[1] == 0 || length < 0x7f))
        {
            throw DerException.Malformed("redundant length");
        }

        lengthBytes = 1 + count;
        return length <= rest.Length - lengthBytes
            ? (int)length
            : throw DerException.Malformed("the bytes end before the end of an element");
    }
}
