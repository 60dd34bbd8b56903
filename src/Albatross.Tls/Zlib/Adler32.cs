namespace Albatross.Tls.Zlib;

/// <summary>The checksum that ends data in zlib format (RFC 1950, section 8.2), over any number of parts.</summary>
internal struct Adler32
{
    private const uint Modulus = 65521;

    // The most bytes whose sums fit 32 bits before they are reduced.
    private const int Stretch = 5552;

    private uint _sum = 1;
    private uint _sumOfSums;

    /// <summary>Of nothing yet.</summary>
    public Adler32() { }

    /// <summary>The checksum of everything so far.</summary>
    public readonly uint Value => _sumOfSums << 16 | _sum;

    /// <summary>Takes more bytes in.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> stretch = bytes[..Math.Min(bytes.Length, Stretch)];
            foreach (byte value in stretch)
            {
                _sum += value;
                _sumOfSums += _sum;
            }

            (_sum, _sumOfSums) = (_sum % Modulus, _sumOfSums % Modulus);
            bytes = bytes[stretch.Length..];
        }
    }
}
