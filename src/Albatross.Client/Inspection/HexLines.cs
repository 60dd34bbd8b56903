using Albatross.Policy;

namespace Albatross.Client.Inspection;

/// <summary>
/// Lines of hexadecimal digits, in any pieces. Spaces count for nothing. Its buffer grows with the digits that have come, up to
/// its limit; the rest of a longer line is passed over.
/// </summary>
internal sealed class HexLines(int limitBytes)
{
    private const int FirstBuffer = 4 << 10;

    private byte[] _bytes = new byte[FirstBuffer];
    private long _digits;
    private Refusal? _refusal;

    /// <summary>Whether a line has begun that has not ended: the last one may lack its end.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The bytes of the line that ended, good until <see cref="Clear"/>; or why there are none.</summary>
    public (ReadOnlyMemory<byte> Bytes, Refusal? Refusal) Value => _refusal is not null ? (default, _refusal)
        : _digits % 2 != 0 ? (default, new Refusal(RefusalCode.Malformed, $"an odd number of hexadecimal digits ({_digits})"))
        : (_bytes.AsMemory(0, (int)(_digits / 2)), null);

    /// <summary>Reads on from <paramref name="at"/>; true when a line has ended, whose value must be taken and cleared first.</summary>
    public bool Take(ReadOnlySpan<byte> input, ref int at)
    {
        while (at < input.Length)
        {
            byte character = input[at++];
            if (character == '\n')
            {
                return true;
            }

            HasBegun = true;
            if (character is not ((byte)' ' or (byte)'\t' or (byte)'\r') && _refusal is null)
            {
                Add(character);
            }
        }

        return false;
    }

    /// <summary>Begins the next line.</summary>
    public void Clear() => (_digits, _refusal, HasBegun) = (0, null, false);

    private void Add(byte character)
    {
        int digit = character switch
        {
            >= (byte)'0' and <= (byte)'9' => character - '0',
            >= (byte)'a' and <= (byte)'f' => character - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => character - 'A' + 10,
            _ => -1,
        };
        int place = (int)(_digits / 2);
        if (digit < 0 || place == limitBytes)
        {
            _refusal = digit < 0
                ? new Refusal(RefusalCode.Malformed, $"a character that is no hexadecimal digit, after {_digits} digits")
                : new Refusal(RefusalCode.TooLarge, $"a line of more than {limitBytes} bytes");
            return;
        }

        if (place == _bytes.Length)
        {
            Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        _bytes[place] = (byte)(_digits++ % 2 == 0 ? digit << 4 : _bytes[place] | digit);
    }
}
