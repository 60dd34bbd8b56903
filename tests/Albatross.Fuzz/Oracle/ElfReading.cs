namespace Albatross.Fuzz.Oracle;

/// <summary>
/// An image for hvt (1) or spt (2) by the rules of the Solo5 descriptions, sections 1.1 to 1.3, in numbers that cannot overflow. Null members are refusals.
/// </summary>
internal sealed class ElfReading
{
    private const int MostSegments = 128;                  // our limit
    private readonly byte[] _file;
    private readonly List<Header> _headers = [];

    private ElfReading(byte[] file) => _file = file;

    /// <summary>Type, name and index of each manifest entry; null when the image is refused.</summary>
    public List<(uint Type, string Name)>? Devices { get; private set; }

    /// <summary>Address, file offset, file size, start, end and flags (1 execute, 2 write, 4 read) of each segment; null when they do not fit.</summary>
    public List<(UInt128 Address, UInt128 Offset, UInt128 FileSize, UInt128 Start, UInt128 End, UInt128 Flags)>? Segments
    {
        get;
        private set;
    }

    /// <summary>Reads <paramref name="file"/> for a guest of <paramref name="memory"/> bytes.</summary>
    public static ElfReading Of(byte[] file, ulong memory)
    {
        var reading = new ElfReading(file);
        if (reading.ReadHeaders())
        {
            reading.ReadNotes();
            reading.PlaceSegments(memory);
        }

        return reading;
    }

    // 1.1
    private bool ReadHeaders()
    {
        if (_file.Length < 64 || Text(0, 4) != "\u007fELF" || _file[4] != 2 || _file[5] != 1 || Number(20, 4) != 1 || Number(16, 2) != 2
            || Number(18, 2) != 62 || Number(52, 2) != 64 || Number(54, 2) != 56 || Number(56, 2) < 1)
        {
            return false;
        }

        UInt128 table = Number(32, 8), count = Number(56, 2);
        if (table + count * 56 > (UInt128)_file.Length)
        {
            return false;
        }

        for (UInt128 at = table; at < table + count * 56; at += 56)
        {
            int i = (int)at;
            _headers.Add(new Header(
                Number(i, 4), Number(i + 4, 4), Number(i + 8, 8), Number(i + 16, 8),
                Number(i + 32, 8), Number(i + 40, 8), Number(i + 48, 8)));
        }

        return true;
    }

    // 1.3
    private void ReadNotes()
    {
        if (Note(0x31494241, 4, 32) is not { } abi || abi.Length < 8 || Little(abi, 0) is not (1 or 2) || Little(abi, 4) != 2)
        {
            return;
        }

        if (Note(0x3154464D, 8, 6668) is not { } manifest || manifest.Length < 8 || Little(manifest, 0) != 1)
        {
            return;
        }

        uint entries = Little(manifest, 4);
        if (entries < 1 || entries > 64 || manifest.Length != 8 + 104 * entries)
        {
            return;
        }

        var devices = new List<(uint, string)>();
        for (int at = 8; at < manifest.Length; at += 104)
        {
            if (manifest[at + 67] != 0 || manifest[at + 96] != 0)
            {
                return;
            }

            string name = new([.. manifest.Skip(at).Take(68).TakeWhile(b => b != 0).Select(b => (char)b)]);
            devices.Add((Little(manifest, at + 68), name));
        }

        Devices = devices[0] == (0x40000000u, "") ? devices : null;
    }

    // The content of the first note of that type; null when there is none or a header on the way is wrong.
    private byte[]? Note(uint type, int alignment, int most)
    {
        foreach (Header header in _headers.Where(header => header.Type == 4))
        {
            if (header.FileSize < 12)
            {
                return null;
            }

            if (header.FileSize < 20)
            {
                continue;
            }

            if (header.Offset + 20 > (UInt128)_file.Length)
            {
                return null;
            }

            int at = (int)header.Offset;
            if (Number(at, 4) != 6 || Text(at + 12, 6) != "Solo5\0" || Number(at + 8, 4) != type)
            {
                continue;
            }

            UInt128 size = Number(at + 4, 4);
            int start = alignment * ((20 + alignment - 1) / alignment);
            if (size < 1 || size > (UInt128)most || header.FileSize < 20 + size || size <= (UInt128)(start - 20)
                || header.Offset + 20 + size > (UInt128)_file.Length)
            {
                return null;
            }

            return _file[(at + start)..(at + 20 + (int)size)];
        }

        return null;
    }

    // 1.2
    private void PlaceSegments(UInt128 memory)
    {
        const int Lowest = 0x100000;
        UInt128 entry = Number(24, 8), previous = 0, end = 0;
        if (entry < Lowest || entry >= memory)
        {
            return;
        }

        var segments = new List<(UInt128, UInt128, UInt128, UInt128, UInt128, UInt128)>();
        foreach (Header header in _headers.Where(header => header.Type == 1 && header.FileSize != 0))
        {
            (UInt128 address, UInt128 align) = (header.Address, header.Alignment);
            if (align == 0 || UInt128.PopCount(align) != 1)
            {
                return;
            }

            UInt128 start = address / align * align, from = end;
            UInt128 roundedEnd = (address + header.MemorySize + align - 1) / align * align;
            bool isGood = address >= Lowest && address >= previous && start >= Lowest && start >= from
                && address < memory && address + header.FileSize <= memory
                && header.MemorySize >= header.FileSize && roundedEnd <= memory
                && header.Offset + header.FileSize <= (UInt128)_file.Length
                && start % 4096 == 0 && roundedEnd % 4096 == 0
                && (header.Flags & 3) != 3
                && segments.Count < MostSegments;
            if (!isGood)
            {
                return;
            }

            segments.Add((address, header.Offset, header.FileSize, start, roundedEnd, header.Flags & 7));
            (previous, end) = (address, roundedEnd);
        }

        Segments = segments;
    }

    private static uint Little(byte[] bytes, int at) =>
        (uint)(bytes[at] + bytes[at + 1] * 256L + bytes[at + 2] * 65_536L + bytes[at + 3] * 16_777_216L);

    private UInt128 Number(int at, int size)
    {
        UInt128 number = 0;
        for (int i = size - 1; i >= 0; i--)
        {
            number = number * 256 + _file[at + i];
        }

        return number;
    }

    private string Text(int at, int size) => new([.. _file.Skip(at).Take(size).Select(b => (char)b)]);

    private sealed record Header(
        UInt128 Type, UInt128 Flags, UInt128 Offset, UInt128 Address, UInt128 FileSize, UInt128 MemorySize, UInt128 Alignment);
}
