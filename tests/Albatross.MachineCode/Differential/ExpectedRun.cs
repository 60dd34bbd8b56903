using System.Buffers.Binary;
using System.Globalization;
using Albatross.MachineCode.Model;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.MachineCode.Differential;

/// <summary>
/// What a <see cref="RandomProgram"/> has to do according to <see cref="Oracle"/>, on a copy of guest memory, disk and network. A program
/// whose course no model can know (a page table overwritten, the wall clock used as an address, a wait for something that never comes) is
/// not predictable and is left out.
/// </summary>
internal sealed class ExpectedRun
{
    private const ulong CpuStructuresEnd = 0x9000;
    private const ulong LongestWait = 60_000;
    private const int MostSentBytes = 60_000;

    /// <summary>The kernel keeps at least ten datagrams for a reader that does not come (net.unix.max_dgram_qlen).</summary>
    private const int MostSentFrames = 10;

    private readonly byte[] _memory;
    private readonly Queue<byte[]>[] _frames;
    private readonly List<(ulong Start, ulong Length)> _unknown;
    private readonly List<byte> _output = [];
    private int _sentBytes;

    private ExpectedRun(RandomProgram program, byte[] memory, byte[] disk)
    {
        (_memory, Disk) = (memory, disk);
        _frames = [.. program.Frames.Select(frames => new Queue<byte[]>(frames))];

        // The clock frequency is known only to the running kernel.
        _unknown = [(CpuState.BootInformation + BootInformation.CpuFrequencyOffset, 8)];
        foreach (GuestOperation one in program.Operations)
        {
            Put(one);
            for (int i = 0; i < Math.Max(one.Repeats, 1) && IsPredictable && Ending is null; i++)
            {
                uint block = one.Repeats > 0
                    ? BinaryPrimitives.ReadUInt32LittleEndian(memory.AsSpan((int)RandomProgram.Repeated + (4 * i)))
                    : one.Case.BlockAddress;
                Round(one.Case with { BlockAddress = block });
            }
        }
    }

    internal bool IsPredictable { get; private set; } = true;

    /// <summary>How it ends: "exit N" or "dies: MESSAGE".</summary>
    internal string? Ending { get; private set; }

    internal int Hypercalls { get; private set; }

    internal byte[] Output => [.. _output];

    /// <summary>Ranges of the output that show the wall clock or the clock's frequency.</summary>
    internal List<(long Start, long Length)> UnknownOutput { get; } = [];

    /// <summary>What the guest sent on each network.</summary>
    internal List<byte[]>[] Sent { get; } = [[], []];

    internal byte[] Disk { get; }

    /// <summary>
    /// The course of <paramref name="program"/>; <paramref name="launcher"/> has the guest's first pages,
    /// <paramref name="memory"/> is overwritten, <paramref name="disk"/> becomes what it is at the end.
    /// </summary>
    internal static ExpectedRun Of(RandomProgram program, ReadOnlySpan<byte> launcher, byte[] memory, byte[] disk)
    {
        memory.AsSpan().Clear();
        Load(launcher, ProcessLayout.Guest, memory);
        Load(program.Image, 0, memory);
        return new ExpectedRun(program, memory, disk);
    }

    /// <summary>Copies the loaded segments from <paramref name="from"/> on into memory, at their distance from it.</summary>
    private static void Load(ReadOnlySpan<byte> elf, ulong from, byte[] memory)
    {
        int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[32..]), count = BinaryPrimitives.ReadUInt16LittleEndian(elf[56..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = elf.Slice(table + (56 * i), 56);
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == 1 && address >= from)
            {
                int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
                int bytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
                elf.Slice(offset, bytes).CopyTo(memory.AsSpan((int)(address - from)));
            }
        }
    }

    /// <summary>What the guest itself stores before it calls.</summary>
    private void Put(GuestOperation one)
    {
        for (int i = 0; one.WritesFields && i < one.Case.Fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_memory.AsSpan((int)one.Case.BlockAddress + (8 * i)), one.Case.Fields[i]);
        }

        for (int i = 0; i < one.Repeats; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_memory.AsSpan((int)RandomProgram.Repeated + (4 * i)), one.Case.BlockAddress);
        }
    }

    private void Round(HypercallCase call)
    {
        Hypercalls++;
        bool isCall = call is { Direction: 1, WidthBytes: 4, Number: >= 1 and <= 8 };
        if (isCall && call.Number != 1 && IsUnknown(call.BlockAddress, 40))
        {
            IsPredictable = false;
            return;
        }

        call = call with { Ready = Ready, TransferResult = Answer(call) };
        Behaviour behaviour = Oracle.Expect(call, Read);
        foreach (string done in behaviour.Calls)
        {
            Carry(done.Split(' '), call);
        }

        foreach ((ulong address, int bytes, ulong value) in behaviour.Stores)
        {
            Store(address, bytes, value, isClock: call.Number == 1);
        }

        Ending = behaviour.Ending == Behaviour.Continues ? null : behaviour.Ending;
    }

    private ulong Ready =>
        (_frames[0].Count > 0 ? 1UL << ModelledUnikernel.NetHandle : 0)
        | (_frames[1].Count > 0 ? 1UL << ModelledUnikernel.OtherNetHandle : 0);

    /// <summary>
    /// What a read of a network gives; everything else is carried out in full. A read of nothing takes no frame and gives 0.
    /// </summary>
    private long? Answer(HypercallCase call)
    {
        if (call.Number != 7 || ModelledUnikernel.TapOf((uint)Read(call.BlockAddress)) is not { } tap)
        {
            return null;
        }

        ulong length = Read(call.BlockAddress + 16UL);
        return length == 0 ? null : _frames[Network(tap)].TryPeek(out byte[]? frame) ? (long)Math.Min(length, (ulong)frame.Length) : -11;
    }

    /// <summary>One system call of the oracle, by its words.</summary>
    private void Carry(string[] words, HypercallCase call)
    {
        int Number(int word) => words.Length > word ? int.Parse(words[word], NumberStyles.HexNumber, null) : 0;
        if (words[0] is "clock" or "timer")
        {
            return;
        }

        (int address, int length, int offset) = words[0] == "ppoll" ? (0, 0, 0) : (Number(2), Number(3), Number(4));
        switch (words[0], words[1])
        {
            case ("write", "1"):
                Print(address, length);
                break;
            case ("write", _):
                _sentBytes += length;
                List<byte[]> sent = Sent[Network(int.Parse(words[1], null))];
                sent.Add(_memory[address..(address + length)]);
                IsPredictable &= _sentBytes <= MostSentBytes && sent.Count <= MostSentFrames && !IsUnknown((ulong)address, (ulong)length);
                break;
            case ("pwrite", _):
                IsPredictable &= !IsUnknown((ulong)address, (ulong)length);
                _memory.AsSpan(address, length).CopyTo(Disk.AsSpan(offset));
                break;
            case ("pread", _):
                Fill(address, Disk.AsSpan(offset, length));
                break;
            case ("read", _) when length > 0 && _frames[Network(int.Parse(words[1], null))].TryDequeue(out byte[]? frame):
                Fill(address, frame.AsSpan(0, Math.Min(length, frame.Length)));
                break;
            case ("ppoll", "forever"):
                IsPredictable &= Ready != 0 || Read(call.BlockAddress) <= LongestWait;
                break;
        }
    }

    private static int Network(int descriptor) => descriptor == ModelledUnikernel.NetDescriptor ? 0 : 1;

    private void Print(int address, int length)
    {
        foreach ((ulong start, ulong size) in _unknown)
        {
            long from = Math.Max((long)start, address), to = Math.Min((long)(start + size), (long)address + length);
            if (from < to)
            {
                UnknownOutput.Add((_output.Count + from - address, to - from));
            }
        }

        _output.AddRange(_memory.AsSpan(address, length));
    }

    private void Fill(int address, ReadOnlySpan<byte> bytes)
    {
        IsPredictable &= bytes.IsEmpty || (ulong)address >= CpuStructuresEnd;
        bytes.CopyTo(_memory.AsSpan(address));
    }

    private void Store(ulong address, int bytes, ulong value, bool isClock)
    {
        IsPredictable &= address >= CpuStructuresEnd;
        if (isClock)
        {
            _unknown.Add((address, 8));
            return;
        }

        Span<byte> words = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(words, value);
        words[..bytes].CopyTo(_memory.AsSpan((int)address));
    }

    private bool IsUnknown(ulong address, ulong length) =>
        _unknown.Any(one => address < one.Start + one.Length && one.Start < address + length);

    private ulong Read(ulong address) => address <= (ulong)_memory.Length - 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(_memory.AsSpan((int)address))
        : 0;
}
