using Albatross.Guests;
using Albatross.MachineCode.Model;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Differential;

/// <summary>One access of a guest to a port.</summary>
/// <param name="Case">Port, direction, width, address and fields of the parameter block.</param>
/// <param name="Repeats">0 for a single instruction, else how many times "rep outsd" does it.</param>
/// <param name="WritesFields">Whether the guest puts the fields into the block first; otherwise the block is whatever lies there.</param>
internal sealed record GuestOperation(HypercallCase Case, int Repeats, bool WritesFields);

/// <summary>
/// A guest of 1 to 8 random hypercalls on the memory and devices of <see cref="ModelledUnikernel"/>. What they did to parameter blocks and
/// buffers it prints at the end, if they let it get there, and then it halts.
/// </summary>
internal sealed class RandomProgram
{
    /// <summary>Where the guest keeps a block for printing, one for halting, and addresses for "rep outsd".</summary>
    internal const uint PrintBlock = 0x10_C000, HaltBlock = 0x10_C040, Repeated = 0x10_C100;

    private const uint FirstWritable = 0x10_9000, LastBlock = ModelledUnikernel.MemoryBytes - 64;
    private const int MostPrinted = 2048, MostOperations = 8;
    private const ulong LongestWait = 50_000;

    private readonly Random _random;
    private readonly RandomCases _cases;

    /// <summary>The same <paramref name="seed"/> gives the same program.</summary>
    internal RandomProgram(int seed)
    {
        _random = new Random(seed);
        _cases = new RandomCases(seed);
        HasBlock = _random.Next(8) != 0;
        HasNet = _random.Next(8) != 0;
        Frames = [.. Enumerable.Range(0, 2).Select(_ => DrawFrames())];
        GuestOperation[] calls = [.. Enumerable.Range(0, _random.Next(1, MostOperations + 1)).Select(_ => Draw())];
        Operations = [.. calls, .. calls.SelectMany(Prints), Halt()];
        Image = Emit();
    }

    internal bool HasBlock { get; }

    internal bool HasNet { get; }

    /// <summary>What waits on each of the two networks when the guest starts.</summary>
    internal IReadOnlyList<IReadOnlyList<byte[]>> Frames { get; }

    internal IReadOnlyList<GuestOperation> Operations { get; }

    /// <summary>The executable.</summary>
    internal byte[] Image { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Operations.Select(one =>
    {
        HypercallCase c = one.Case;
        string fields = one.WritesFields ? string.Join(' ', c.Fields.Select(field => field.ToString("x", null))) : "as it lies there";
        string repeats = one.Repeats > 0 ? $" {one.Repeats} times" : "";
        return $"  {(c.Direction == 1 ? "out" : "in")} {c.WidthBytes} port {c.Port:x}{repeats} block {c.BlockAddress:x}: {fields}";
    }));

    private List<byte[]> DrawFrames() =>
        HasNet ? [.. Enumerable.Range(0, _random.Next(4)).Select(_ => RandomBytes(_random.Next(1, 1600)))] : [];

    private GuestOperation Draw()
    {
        HypercallCase drawn = _cases.Next();
        while (EndsTheGuest(drawn) && _random.Next(6) != 0)
        {
            drawn = _cases.Next();
        }

        bool writes = drawn.BlockAddress is >= FirstWritable and <= LastBlock;
        ulong[] fields = [.. drawn.Fields];
        if (drawn.Number == 3 && writes && fields[0] > LongestWait && !(Frames.Any(frames => frames.Count > 0) && _random.Next(2) == 0))
        {
            fields[0] %= LongestWait;                         // nothing may ever come, so a wild timeout would last
        }

        HypercallCase once = Exit(drawn.Port, drawn.BlockAddress, fields) with
        {
            Direction = drawn.Direction,
            WidthBytes = drawn.WidthBytes,
        };
        bool repeats = once is { Direction: 1, WidthBytes: 4 } && _random.Next(20) == 0;
        return new GuestOperation(once, repeats ? _random.Next(1, 4) : 0, writes);
    }

    /// <summary>Such a call is the last one, and would be too often the first.</summary>
    private bool EndsTheGuest(HypercallCase call) => call is not { Direction: 1, WidthBytes: 4, Number: >= 1 and <= 7 }
        || call.BlockAddress is < FirstWritable or > LastBlock
        || (call.Number is 4 or 5 && !HasBlock)
        || (call.Number is 6 or 7 && !HasNet);

    /// <summary>The block, and for a call that fills a buffer the buffer, as far as they lie where everybody may read.</summary>
    private IEnumerable<GuestOperation> Prints(GuestOperation one)
    {
        HypercallCase c = one.Case;
        if (!one.WritesFields)
        {
            yield break;
        }

        yield return Print(c.BlockAddress, 40);
        int buffer = c.Number switch { 5 => 2, 7 => 1, _ => -1 };
        if (buffer > 0 && c.Fields[buffer] is >= FirstWritable and < LastBlock)
        {
            yield return Print(c.Fields[buffer], Math.Min(MostPrinted, LastBlock - c.Fields[buffer]));
        }
    }

    private GuestOperation Print(ulong address, ulong length) =>
        new(Exit(0x502, PrintBlock, [address, length]), Repeats: 0, WritesFields: true);

    private GuestOperation Halt() => new(Exit(0x508, HaltBlock, [0, (ulong)_random.Next()]), Repeats: 0, WritesFields: true);

    /// <summary>An "out" of 32 bits; how the host answers is decided when it is modelled.</summary>
    private HypercallCase Exit(ushort port, uint block, ulong[] fields) => new()
    {
        RunResult = 0,
        ExitReason = 2,
        Direction = 1,
        WidthBytes = 4,
        Port = port,
        DataOffset = 0x1000,
        BlockAddress = block,
        Fields = fields,
        FailureDetail = 0,
        HasBlock = HasBlock,
        HasNet = HasNet,
        TransferResult = null,
        Ready = 0,
        TimerResult = 0,
        PollResult = 0,
        PollInterruptions = 0,
    };

    private byte[] Emit()
    {
        var g = new GuestBuilder { TextMemoryBytes = 0x3000 };
        g.Segment(flags: 4, 0x10_5000, RandomBytes(256), memoryBytes: 0x1000);
        g.Segment(flags: 0, 0x10_8000, RandomBytes(16), memoryBytes: 0x1000);
        _ = HasNet ? g.Net("service") : g.Reserved();
        _ = HasBlock ? g.Block("storage") : g.Reserved();
        _ = HasNet ? g.Net("management") : g.Reserved();
        g.Reserved();
        foreach (GuestOperation one in Operations)
        {
            Emit(g.Asm, one);
        }

        return g.Build();
    }

    private static void Emit(Assembler c, GuestOperation one)
    {
        HypercallCase call = one.Case;
        for (int i = 0; one.WritesFields && i < call.Fields.Length; i++)
        {
            c.mov(rax, call.Fields[i]);
            c.mov(__qword_ptr[call.BlockAddress + (8 * i)], rax);
        }

        for (int i = 0; i < one.Repeats; i++)
        {
            c.mov(__dword_ptr[Repeated + (4 * i)], call.BlockAddress);
        }

        c.mov(edx, call.Port);
        c.mov(eax, call.BlockAddress);
        switch (call.Direction, call.WidthBytes)
        {
            case (1, 4) when one.Repeats > 0:
                c.mov(esi, Repeated);
                c.mov(ecx, one.Repeats);
                c.cld();
                c.rep.outsd();
                break;
            case (1, 4):
                c.@out(dx, eax);
                break;
            case (1, 2):
                c.@out(dx, ax);
                break;
            case (1, _):
                c.@out(dx, al);
                break;
            case (_, 4):
                c.@in(eax, dx);
                break;
            case (_, 2):
                c.@in(ax, dx);
                break;
            default:
                c.@in(al, dx);
                break;
        }
    }

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
