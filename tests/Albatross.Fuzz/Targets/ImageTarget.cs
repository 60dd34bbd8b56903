using System.Buffers.Binary;
using System.Text;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Mutation;
using Albatross.Fuzz.Oracle;
using Albatross.Solo5;

namespace Albatross.Fuzz.Targets;

/// <summary>Images: header, notes, manifest and the placing of segments, held against a second reading of the same rules.</summary>
internal sealed class ImageTarget : FuzzTarget
{
    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 3, 4, 8, 12, 19, 20, 24, 104, 4095, 4096, 4097, 0xfffff, 0x100000, 0x101000, 0x1ff000,
        0x200000, 0x201000, 0x2000000, 0xfffff000,
        0x100000000, 0x100001000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
    ];

    private static readonly uint[] Types = [1, 4, 4, 1, 0, 3, 7];

    public override string Name => "image";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. GoldenSeeds.Images(), [], "\u007fELF"u8.ToArray()];

    public override byte[] Mutate(SeededRandom random, Corpus corpus)
    {
        byte[] input = (byte[])random.Pick(corpus.Inputs).Clone();
        for (int i = random.Below(4); i > 0; i--)
        {
            ChangeField(random, input);
        }

        return random.OneIn(3) ? ByteMutation.Apply(random, input, corpus) : input;
    }

    public override Outcome Decode(byte[] input)
    {
        if (!UnikernelImage.TryParse(input, out UnikernelImage? image, out ImageRefusal? refusal))
        {
            return new Outcome(false, refusal.Text);
        }

        ImageRefusal? misfit = image.FitsInto(MemoryOf(input));
        return new Outcome(true, misfit?.Text ?? "fits", image);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        GuestMemorySize memory = MemoryOf(input);
        ElfReading expected = ElfReading.Of(input, memory.Bytes);
        if (outcome.Accepted != expected.Devices is not null)
        {
            return outcome.Accepted ? "accepted, the oracle refuses" : $"refused ({outcome.Kind}), the oracle accepts";
        }

        if (expected.Devices is null)
        {
            return null;
        }

        var image = (UnikernelImage)outcome.Value!;
        var devices = image.Manifest.Entries.Select(entry => ((uint)entry.Type, Encoding.Latin1.GetString(entry.NameBytes.Span)));
        if (!devices.SequenceEqual(expected.Devices))
        {
            return "the devices are different";
        }

        bool fits = SegmentPlacement.TryPlace(image.Elf, memory, out ImmutableArray<Segment> segments, out _);
        return fits != (outcome.Kind == "fits") ? "FitsInto and the placement disagree"
            : fits != expected.Segments is not null ? $"placed: {fits}, the oracle says otherwise ({outcome.Kind})"
            : fits && !segments.Select(Of).SequenceEqual(expected.Segments!) ? "the segments are different"
            : null;
    }

    private static (UInt128, UInt128, UInt128, UInt128, UInt128, UInt128) Of(Segment segment) => (
        segment.Address, segment.FileOffset, segment.FileSize, segment.Start, segment.End,
        (segment.Access.HasFlag(SegmentAccess.Execute) ? 1u : 0)
        | (segment.Access.HasFlag(SegmentAccess.Write) ? 2u : 0)
        | (segment.Access.HasFlag(SegmentAccess.Read) ? 4u : 0));

    // Ignored by every reader: the bytes of OSABI and ABI version.
    private static GuestMemorySize MemoryOf(byte[] input)
    {
        ulong mebibytes = input.Length > 8 ? input[8] switch { 0 => 512, 255 => 4096UL, var other => other } : 512;
        return GuestMemorySize.TryFromMebibytes(mebibytes, out GuestMemorySize size, out _) ? size : default;
    }

    // A field of the header, of a program header, or of a note, gets a number that means something there.
    private static void ChangeField(SeededRandom random, byte[] file)
    {
        if (file.Length < 64)
        {
            return;
        }

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(32));
        int count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(56)), 32);
        bool inTable = table < (ulong)file.Length && count > 0 && !random.OneIn(6);
        int header = inTable ? (int)table + 56 * random.Below(count) : 0;
        if (header + 56 > file.Length)
        {
            return;
        }

        if (!inTable)
        {
            Put(file, random.Pick<int>([8, 16, 18, 20, 24, 32, 52, 54, 56]), random.Pick<int>([1, 2, 4, 8]), random.Pick(Numbers));
            return;
        }

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(header + 8));
        bool isNote = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(header)) == 4;
        if (isNote && offset < (ulong)file.Length && random.OneIn(2))
        {
            int within = random.Pick<int>([0, 4, 8, 12, 20, 24, 28, 100, 128, 132, 136]);
            Put(file, (int)offset + within, random.Pick<int>([1, 4]), random.Pick(Numbers));
            return;
        }

        int field = random.Below(8);
        (int at, int size) = field switch { 0 => (0, 4), 1 => (4, 4), _ => (8 * (field - 1), 8) };
        ulong before = size == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(header + at)) : 0;
        ulong value = field switch
        {
            0 => random.Pick(Types),
            1 => (ulong)random.Below(8),
            _ when random.OneIn(3) => before + (ulong)random.Pick<long>([-4096, -1, 1, 8, 104, 4096]),
            _ => random.Pick(Numbers) + (random.OneIn(4) ? (ulong)file.Length : 0),
        };
        Put(file, header + at, size, value);
    }

    private static void Put(byte[] file, int at, int size, ulong value)
    {
        for (int i = 0; i < size && at + i < file.Length; i++)
        {
            file[at + i] = (byte)(value >> (8 * i));
        }
    }
}
