using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>Unikernels for spt: those of <see cref="SampleGuests"/> that make sense there, and those that only a process can be.</summary>
public static class SptGuests
{
    private const GuestTarget Spt = GuestTarget.Spt;

    /// <summary>Every sample that needs no argument, by name.</summary>
    public static IReadOnlyDictionary<string, Func<byte[]>> ByName { get; } =
        new SortedDictionary<string, Func<byte[]>>(StringComparer.Ordinal)
    {
        ["hello"] = () => SampleGuests.Hello(Spt),
        ["ticker"] = () => SampleGuests.Ticker(TimeSpan.FromMilliseconds(200), Spt),
        ["idle"] = () => SampleGuests.Idle(Spt),
        ["exit42"] = () => SampleGuests.Exit(42, Spt),
        ["abort"] = () => SampleGuests.Abort(Spt),
        ["memory-hog"] = () => SampleGuests.MemoryHog(Spt),
        ["spewer"] = () => SampleGuests.Spewer(20_000, Spt),
        ["clock"] = () => SampleGuests.Clock(Spt),
        ["fpu"] = () => SampleGuests.FloatingPoint(Spt),
        ["echo"] = () => DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue, Spt),
        ["frames"] = () => DeviceGuests.FrameSender(count: 1000, bytes: 1514, Spt),
        ["block-check"] = () => DeviceGuests.BlockCheck(512, Spt),
        ["describe"] = () => DeviceGuests.Describe(Spt),
        ["hypercall-rate"] = () => SampleGuests.HypercallRate(200_000, Spt),
        ["poll-rate"] = () => SampleGuests.PollRate(100_000, Spt),
        ["xnow"] = () => SampleGuests.WriteToText(Spt),
        ["wnox"] = ExecuteData,
        ["zeropage"] = () => Build(g => { g.Asm.xor(eax, eax); g.Asm.mov(rax, __qword_ptr[rax]); g.Halt(0); }),
        ["notls"] = WithoutThreadStorage,
        ["ssp"] = () => Build(g => { g.Puts("Solo5: ABORT: stack corruption\n"); g.Halt(255); }),
        ["privileged"] = () => Build(g => { g.Asm.hlt(); g.Halt(0); }),
        ["stack-executes"] = ExecuteStack,
        ["registers"] = Registers,
    };

    /// <summary>Makes one system call with these arguments, says "survived" and ends with 0.</summary>
    public static byte[] Call(int number, params ulong[] arguments) => Build(g =>
    {
        g.SystemCall(number, arguments);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>
    /// Transfers <paramref name="bytes"/> at <paramref name="offset"/> of "storage" by the system call itself, past the guest library's
    /// checks; says "survived".
    /// </summary>
    public static byte[] RawTransfer(int number, ulong bytes, ulong offset) => Build(g =>
    {
        int disk = g.Block("storage");
        g.LoadEntry(disk);
        g.Asm.mov(edi, __dword_ptr[rdx + 88]);
        g.Asm.mov(esi, g.Reserve(8192));
        g.Asm.mov(rdx, bytes);
        g.Asm.mov(r10, offset);
        g.SystemCall(number);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>Executes "ret" on its heap, behind everything else, and ends with 0.</summary>
    public static byte[] ExecuteHeap() => Build(g =>
    {
        const long Heap = 0x1c_0000;
        g.Asm.mov(rax, Heap);
        g.Asm.mov(__byte_ptr[rax], 0xc3);
        g.Asm.call(rax);
        g.Halt(0);
    });

    private static byte[] ExecuteData() => Build(g =>
    {
        g.Asm.mov(eax, g.Bytes([0xc3]));
        g.Asm.call(rax);
        g.Halt(0);
    });

    private static byte[] ExecuteStack() => Build(g =>
    {
        g.Asm.mov(__byte_ptr[rsp - 64], 0xc3);
        g.Asm.lea(rax, __[rsp - 64]);
        g.Asm.call(rax);
        g.Halt(0);
    });

    /// <summary>The thread pointer at 0, then an access through it.</summary>
    private static byte[] WithoutThreadStorage() => Build(g =>
    {
        g.SystemCall(158, 0x1002, 0);
        g.Asm.mov(rax, __qword_ptr.fs[0]);
        g.Halt(0);
    });

    /// <summary>Ends with 0 if it was entered as section 4 of the ABI description says, else with 1.</summary>
    private static byte[] Registers() => Build(g =>
    {
        Label bad = g.Asm.CreateLabel();
        foreach (AssemblerRegister64 register in (AssemblerRegister64[])[rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15])
        {
            g.Asm.test(register, register);
            g.Asm.jne(bad);
        }

        g.Asm.cmp(rdi, 0x11000);
        g.Asm.jne(bad);
        g.Asm.mov(rax, __qword_ptr[rdi]);
        g.Asm.sub(rax, 8);
        g.Asm.cmp(rax, rsp);
        g.Asm.jne(bad);
        g.Halt(0);
        g.Asm.Label(ref bad);
        g.Halt(1);
    });

    private static byte[] Build(Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder(Spt);
        write(guest);
        return guest.Build();
    }
}
