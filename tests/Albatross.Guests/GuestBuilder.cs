using System.Buffers.Binary;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>
/// Emits a complete Solo5 executable for hvt or spt from instructions and data: ELF header, five program headers, text, data, ABI1 and MFT1
/// notes. The same calls give the same bytes. rbx holds the address of the boot information for the whole run; a call of Solo5 uses rax,
/// rcx, rdx, rsi, rdi and r8 to r11, other helpers what they say.
/// </summary>
public sealed partial class GuestBuilder
{
    /// <summary>Guest address of the first instruction.</summary>
    public const ulong TextAddress = 0x10_0000;

    /// <summary>Guest address of the first byte of data.</summary>
    public const ulong DataAddress = 0x14_0000;

    /// <summary>Types from here on are none of devices; the first entry of a manifest has it.</summary>
    private const uint ReservedType = 1u << 30;

    private readonly List<byte> _data = [];
    private readonly List<(string Name, uint Type)> _devices = [];
    private readonly List<GuestSegment> _segments = [];
    private readonly GuestTarget _target;
    private readonly BootOffsets _boot;

    /// <summary>An empty guest; what is added runs in order and must end in <see cref="Halt"/> or a loop.</summary>
    public GuestBuilder(GuestTarget target = GuestTarget.Hvt)
    {
        _boot = target == GuestTarget.Hvt ? new BootOffsets(CommandLine: 24, Manifest: 32) : new BootOffsets(CommandLine: 16, Manifest: 24);
        _target = target;
        Target = (uint)target;
        Asm.mov(rbx, rdi);
    }

    /// <summary>For instructions that have no helper.</summary>
    public Assembler Asm { get; } = new(64);

    /// <summary>Target of the ABI note: 1 is hvt, 2 is spt.</summary>
    public uint Target { get; set; }

    /// <summary>Version of the ABI note: 2 is current.</summary>
    public uint AbiVersion { get; set; } = 2;

    /// <summary>Program header flags of the text: 1 execute, 2 write, 4 read.</summary>
    public uint TextFlags { get; set; } = 1;

    /// <summary>Version word of the manifest: 1 is current.</summary>
    public uint ManifestVersion { get; set; } = 1;

    /// <summary>Size of the text in memory, if that is to be more than its instructions take.</summary>
    public ulong TextMemoryBytes { get; set; }

    /// <summary>Bytes of zero-free read-only data that are put behind everything else, to make the image large.</summary>
    public int PaddingBytes { get; set; }

    /// <summary>Declares a network device; gives its handle.</summary>
    public int Net(string name) => Declare(name, 2);

    /// <summary>Declares a block device; gives its handle.</summary>
    public int Block(string name) => Declare(name, 1);

    /// <summary>Adds an entry of a reserved type to the manifest, which a tender ignores; gives its handle.</summary>
    public int Reserved() => Declare("", ReservedType + 1);

    /// <summary>Adds a loaded segment; it must not overlap text, data, padding or another one.</summary>
    public void Segment(uint flags, ulong address, byte[] bytes, ulong memoryBytes) =>
        _segments.Add(new GuestSegment(flags, address, bytes, memoryBytes));

    /// <summary>Guest address of the padding, behind the data; right once all data was added.</summary>
    public ulong PaddingAddress => (DataAddress + (ulong)Math.Max(_data.Count, 8) + 4095) & ~4095UL;

    /// <summary>Puts bytes into the data, at a multiple of 16; gives their guest address.</summary>
    public uint Bytes(ReadOnlySpan<byte> bytes)
    {
        uint address = Reserve(0);
        _data.AddRange(bytes);
        return address;
    }

    /// <summary>Reserves <paramref name="count"/> zero bytes in the data, at a multiple of 16; gives their guest address.</summary>
    public uint Reserve(int count)
    {
        while (_data.Count % 16 != 0)
        {
            _data.Add(0);
        }

        var address = (uint)(DataAddress + (ulong)_data.Count);
        _data.AddRange(new byte[count]);
        return address;
    }

    /// <summary>Puts 64-bit words into the data, a parameter block for instance; gives their guest address.</summary>
    public uint Words(params ReadOnlySpan<ulong> words)
    {
        var bytes = new byte[words.Length * 8];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return Bytes(bytes);
    }

    /// <summary>PUTS of a text known beforehand.</summary>
    public void Puts(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Hypercall(2, Words(Bytes(bytes), (ulong)bytes.Length));
    }

    /// <summary>PUTS of the command line. Uses rsi and rcx.</summary>
    public void PutsCommandLine()
    {
        uint block = Words(0, 0);
        Label next = Asm.CreateLabel(), done = Asm.CreateLabel();
        Asm.mov(rsi, __qword_ptr[rbx + _boot.CommandLine]);
        Asm.mov(__qword_ptr[block], rsi);
        Asm.xor(ecx, ecx);
        Asm.Label(ref next);
        Asm.cmp(__byte_ptr[rsi + rcx], 0);
        Asm.je(done);
        Asm.inc(rcx);
        Asm.jmp(next);
        Asm.Label(ref done);
        Asm.mov(__qword_ptr[block + 8], rcx);
        Hypercall(2, block);
    }

    /// <summary>POLL without devices.</summary>
    public void Sleep(TimeSpan duration) => Hypercall(3, Words((ulong)duration.Ticks * 100, 0, 0));

    /// <summary>HALT with a status.</summary>
    public void Halt(int status)
    {
        Hypercall(8, Words(0, (uint)status));
        Asm.hlt();
    }

    /// <summary>Repeats <paramref name="body"/>, which must leave r15 alone, <paramref name="count"/> times.</summary>
    public void Repeat(long count, Action body)
    {
        Label again = Asm.CreateLabel();
        Asm.mov(r15, count);
        Asm.Label(ref again);
        Asm.nop();
        body();
        Asm.dec(r15);
        Asm.jnz(again);
    }

    /// <summary>Repeats <paramref name="body"/> without end.</summary>
    public void Forever(Action body)
    {
        Label again = Asm.CreateLabel();
        Asm.Label(ref again);
        Asm.nop();
        body();
        Asm.jmp(again);
    }

    /// <summary>The executable.</summary>
    public byte[] Build()
    {
        Asm.hlt();
        using var text = new MemoryStream();
        Asm.Assemble(new StreamCodeWriter(text), TextAddress);
        byte[] data = _data.Count == 0 ? new byte[8] : [.. _data];
        var code = new GuestSegment(TextFlags, TextAddress, text.ToArray(), Math.Max(TextMemoryBytes, (ulong)text.Length));
        List<GuestSegment> segments = [code, new GuestSegment(6, DataAddress, data, (ulong)data.Length), .. _segments];
        segments.Sort((one, other) => one.Address.CompareTo(other.Address));
        int beforeNotes = segments.FindIndex(one => one.Address == DataAddress) + 1;
        if (PaddingBytes > 0)
        {
            var padding = new byte[PaddingBytes];
            padding.AsSpan().Fill(0x5a);
            segments.Add(new GuestSegment(4, PaddingAddress, padding, (ulong)PaddingBytes));
        }

        return GuestFile.Build(segments, beforeNotes, AbiNote(), ManifestNote());
    }

    private int Declare(string name, uint type)
    {
        _devices.Add((name, type));
        return _devices.Count;
    }

    private byte[] AbiNote() => GuestFile.Note(0x31494241, 0, [.. Word(Target), .. Word(AbiVersion), .. new byte[8]]);

    private byte[] ManifestNote()
    {
        byte[] entries = [.. Entry("", ReservedType), .. _devices.SelectMany(device => Entry(device.Name, device.Type))];
        byte[] content = [.. Word(ManifestVersion), .. Word((uint)_devices.Count + 1), .. entries];
        return GuestFile.Note(0x3154464D, 4, content);
    }

    private static byte[] Entry(string name, uint type)
    {
        var entry = new byte[104];
        Encoding.ASCII.GetBytes(name, entry);
        Word(type).CopyTo(entry, 68);
        return entry;
    }

    /// <summary>Where pointers stand in the boot information.</summary>
    private readonly record struct BootOffsets(int CommandLine, int Manifest);

    private static byte[] Word(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
