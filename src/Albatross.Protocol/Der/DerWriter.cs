using System.Buffers.Binary;
using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Der;

/// <summary>
/// Writes tag-length-value elements as the original does (wire specification, section 2). The same writing runs twice: first it only
/// counts and remembers the length of every constructed element, then it fills one array of the right size. So an image is copied once,
/// and the codecs write their fields in the order of the grammar.
/// </summary>
internal sealed class DerWriter
{
    private const long SmallestInteger = -(1L << 62);
    private const long LargestInteger = (1L << 62) - 1;

    private readonly List<int> _lengths = [];               // of constructed elements, in the order of their beginnings
    private readonly List<byte[][]> _sets = [];             // elements of sets, sorted, in the order of the sets
    private readonly Stack<(int Index, int Start)> _open = new();
    private byte[]? _output;
    private int _at;
    private int _nextLength;
    private int _nextSet;

    private DerWriter() { }

    /// <summary>
    /// The encoding that <paramref name="write"/> makes of <paramref name="value"/>, after <paramref name="headroom"/> free bytes.
    /// </summary>
    /// <exception cref="OverflowException">The encoding is longer than an array can be.</exception>
    public static byte[] Encode<T>(T value, Action<DerWriter, T> write, int headroom = 0)
    {
        var writer = new DerWriter();
        write(writer, value);
        writer._output = GC.AllocateUninitializedArray<byte>(checked(headroom + writer._at));
        writer._output.AsSpan(0, headroom).Clear();
        writer._at = headroom;
        write(writer, value);
        return writer._at == writer._output.Length
            ? writer._output
            : throw new UnreachableException("the two passes wrote different lengths");
    }

    /// <summary>Begins a constructed element, which ends with the scope.</summary>
    public Scope Enter(byte tag)
    {
        if (_output is null)
        {
            _open.Push((_lengths.Count, _at));
            _lengths.Add(0);
        }
        else
        {
            PutHeader(tag, _lengths[_nextLength++]);
        }

        return new Scope(this);
    }

    /// <summary>Begins an EXPLICIT tag.</summary>
    public Scope EnterTag(int number) => Enter(DerTag.Context(number));

    /// <summary>An EXPLICIT tag over NULL.</summary>
    public void WriteTaggedNull(int number)
    {
        using (EnterTag(number))
        {
            WriteNull();
        }
    }

    /// <summary>NULL.</summary>
    public void WriteNull() => Put(DerTag.Null, []);

    /// <summary>SEQUENCE OF, in the order given.</summary>
    public void WriteSequenceOf<T>(IEnumerable<T> items, Action<DerWriter, T> write)
    {
        using (Enter(DerTag.Sequence))
        {
            foreach (T item in items)
            {
                write(this, item);
            }
        }
    }

    /// <summary>SET OF: sorted by encoding, bytewise, the shorter first (X.690 11.6).</summary>
    public void WriteSetOf<T>(IEnumerable<T> items, Action<DerWriter, T> write)
    {
        if (_output is null)
        {
            byte[][] encodings = [.. items.Select(item => Encode(item, write))];
            Array.Sort(encodings, static (left, right) => left.AsSpan().SequenceCompareTo(right));
            _sets.Add(encodings);
            PutHeader(DerTag.Set, checked(encodings.Sum(encoding => encoding.Length)));
            Array.ForEach(encodings, encoding => PutBytes(encoding));
        }
        else
        {
            byte[][] encodings = _sets[_nextSet++];
            PutHeader(DerTag.Set, encodings.Sum(encoding => encoding.Length));
            Array.ForEach(encodings, encoding => PutBytes(encoding));
        }
    }

    /// <summary>BOOLEAN.</summary>
    public void WriteBoolean(bool value) => Put(DerTag.Boolean, [value ? (byte)0xff : (byte)0]);

    /// <summary>OInt: INTEGER in its shortest form.</summary>
    /// <exception cref="InvalidOperationException">More than 63 bits: the other side could not read it.</exception>
    public void WriteInteger(long value)
    {
        if (value is < SmallestInteger or > LargestInteger)
        {
            throw new InvalidOperationException($"{value} does not fit into the 63 bits of the wire");
        }

        Span<byte> digits = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(digits, value);
        int first = 0;
        // A leading byte that only repeats the sign bit of the next one is left out.
        while (first < digits.Length - 1 && (sbyte)digits[first] == (sbyte)digits[first + 1] >> 7)
        {
            first++;
        }

        Put(DerTag.Integer, digits[first..]);
    }

    /// <summary>Int64: OCTET STRING of 8 bytes.</summary>
    public void WriteInt64(long value)
    {
        Span<byte> digits = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(digits, value);
        Put(DerTag.OctetString, digits);
    }

    /// <summary>OCTET STRING.</summary>
    public void WriteOctets(ReadOnlyMemory<byte> value) => Put(DerTag.OctetString, value.Span);

    /// <summary>UTF8String, its bytes as they are.</summary>
    public void WriteText(RawText value) => Put(DerTag.Utf8String, value.Bytes.Span);

    /// <summary>Name: the text of section 5.</summary>
    public void WriteName(Name value) => Put(DerTag.Utf8String, Encoding.ASCII.GetBytes(value.ToString()));

    /// <summary>GeneralizedTime, see <see cref="Der.GeneralizedTime"/>.</summary>
    public void WriteTime(DateTimeOffset value) => Put(DerTag.GeneralizedTime, Encoding.ASCII.GetBytes(GeneralizedTime.Format(value)));

    /// <summary>Mac: OCTET STRING of 6 bytes.</summary>
    public void WriteMac(MacAddress value)
    {
        Span<byte> digits = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(digits, value.Value);
        Put(DerTag.OctetString, digits[2..]);
    }

    private void Leave()
    {
        if (_output is null)
        {
            (int index, int start) = _open.Pop();
            _lengths[index] = _at - start;
            PutHeader(0, _lengths[index]);                  // counts the header, wherever it will stand
        }
    }

    private void Put(byte tag, ReadOnlySpan<byte> content)
    {
        PutHeader(tag, content.Length);
        PutBytes(content);
    }

    private void PutHeader(byte tag, int length)
    {
        Span<byte> header = stackalloc byte[2 + sizeof(int)];
        header[0] = tag;
        if (length < 0x80)
        {
            header[1] = (byte)length;
            PutBytes(header[..2]);
            return;
        }

        Span<byte> digits = header[2..];
        BinaryPrimitives.WriteInt32BigEndian(digits, length);
        int zeros = digits.IndexOfAnyExcept((byte)0);
        digits[zeros..].CopyTo(digits);
        header[1] = (byte)(0x80 + sizeof(int) - zeros);
        PutBytes(header[..(2 + sizeof(int) - zeros)]);
    }

    private void PutBytes(ReadOnlySpan<byte> bytes)
    {
        if (_output is not null)
        {
            bytes.CopyTo(_output.AsSpan(_at));
        }

        _at = checked(_at + bytes.Length);
    }

    /// <summary>The extent of a constructed element.</summary>
    internal readonly ref struct Scope(DerWriter writer)
    {
        /// <summary>Ends the element.</summary>
        public void Dispose() => writer.Leave();
    }
}
