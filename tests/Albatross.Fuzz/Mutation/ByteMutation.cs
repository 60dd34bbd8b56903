using System.Buffers.Binary;
using Albatross.Fuzz.Harness;

namespace Albatross.Fuzz.Mutation;

/// <summary>Changes of bytes that know nothing of their meaning.</summary>
internal static class ByteMutation
{
    /// <summary>The longest input that is made.</summary>
    public const int LongestBytes = 256 << 10;

    private static readonly byte[] InterestingBytes =
        [0, 1, 2, 4, 5, 0x0a, 0x0c, 0x20, 0x2d, 0x2e, 0x30, 0x31, 0x3a, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xfe, 0xff];

    private static readonly ulong[] InterestingNumbers =
    [
        0, 1, 4, 12, 20, 63, 64, 65, 104, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0xfffff, 0x100000, 0x1ff000, 0x200000,
        0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x3fffffffffffffff, 0x4000000000000000, 0x7fffffffffffffff, 0x8000000000000000,
        0xfffffffffffff000, 0xffffffffffffffff,
    ];

    /// <summary>A few changes, seldom many.</summary>
    public static byte[] Apply(SeededRandom random, byte[] input, Corpus corpus)
    {
        var bytes = new List<byte>(input.Length + 64);
        bytes.AddRange(input);
        int changes = 1 + (random.OneIn(8) ? random.Below(12) : random.Below(3));
        for (int i = 0; i < changes; i++)
        {
            Change(random, bytes, corpus);
        }

        if (bytes.Count > LongestBytes)
        {
            bytes.RemoveRange(LongestBytes, bytes.Count - LongestBytes);
        }

        return [.. bytes];
    }

    /// <summary>The input without some of its bytes, large parts first.</summary>
    public static IEnumerable<byte[]> Smaller(byte[] input)
    {
        for (int part = input.Length / 2; part >= 1; part /= 2)
        {
            for (int at = 0; at + part <= input.Length; at += part)
            {
                yield return [.. input.AsSpan(0, at), .. input.AsSpan(at + part)];
            }
        }
    }

    private static void Change(SeededRandom random, List<byte> bytes, Corpus corpus)
    {
        int at = random.Below(bytes.Count + 1);
        int room = bytes.Count - at;
        switch (random.Below(14))
        {
            case 0 when room > 0: bytes[at] ^= (byte)(1 << random.Below(8)); break;
            case 1 when room > 0: bytes[at] = (byte)random.Next(); break;
            case 2 when room > 0: bytes[at] = random.Pick(InterestingBytes); break;
            case 3 when room > 0: bytes[at] += (byte)(random.Below(9) - 4); break;
            case 4: bytes.RemoveRange(at, random.Length(room)); break;
            case 5: bytes.InsertRange(at, random.Bytes(1 + random.Below(4))); break;
            case 6: bytes.Insert(at, random.Pick(InterestingBytes)); break;
            case 7: bytes.InsertRange(at, bytes.GetRange(at, random.Length(room))); break;
            case 8: Splice(random, bytes, at, random.Pick(corpus.Inputs)); break;
            case 9: Overwrite(random, bytes, at); break;
            case 10 when random.OneIn(4): bytes.RemoveRange(at, room); break;
            case 11 when random.OneIn(64): Repeat(random, bytes, at, room); break;
            case 12 when room > 1: (bytes[at], bytes[at + 1]) = (bytes[at + 1], bytes[at]); break;
            case 13 when room > 0: bytes[at] = bytes[random.Below(bytes.Count)]; break;
            default: break;
        }
    }

    private static void Splice(SeededRandom random, List<byte> bytes, int at, byte[] other)
    {
        int from = random.Below(other.Length + 1);
        int length = Math.Min(other.Length - from, random.OneIn(4) ? other.Length : random.Below(64));
        bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.OneIn(2) ? length : 0));
        bytes.InsertRange(at, other.AsSpan(from, length).ToArray());
    }

    // A number of 2, 4 or 8 bytes, in either order of bytes, at an aligned place or not.
    private static void Overwrite(SeededRandom random, List<byte> bytes, int at)
    {
        int size = 2 << random.Below(3);
        at = random.OneIn(4) ? at : at / size * size;
        if (at + size > bytes.Count)
        {
            return;
        }

        ulong number = random.Pick(InterestingNumbers) + (random.OneIn(3) ? (ulong)random.Below(3) - 1 : 0);
        Span<byte> digits = stackalloc byte[8];
        if (random.OneIn(2))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digits, number);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(digits, number);
            digits = digits[(8 - size)..];
        }

        for (int i = 0; i < size; i++)
        {
            bytes[at + i] = digits[i];
        }
    }

    private static void Repeat(SeededRandom random, List<byte> bytes, int at, int room)
    {
        byte[] part = [.. bytes.GetRange(at, Math.Min(room, 1 + random.Below(16)))];
        int left = LongestBytes - Math.Min(LongestBytes, bytes.Count);
        int times = part.Length == 0 ? 0 : random.Below(Math.Min(20_000, left / part.Length + 1));
        bytes.InsertRange(at, Enumerable.Repeat(part, times).SelectMany(bytes => bytes));
    }
}
