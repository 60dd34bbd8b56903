using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>
/// A guest for each test that the two specifications list for the suite of a tender (section 9 of each), by that test's name, where
/// <see cref="DeviceGuests"/> has none already.
/// </summary>
public static class SuiteGuests
{
    private const int WallTime = 1, PutsCall = 2, Poll = 3;

    /// <summary>The guests that need neither device nor argument, by the name of the test.</summary>
    public static IReadOnlyDictionary<string, Func<GuestTarget, byte[]>> ByName { get; } =
        new SortedDictionary<string, Func<GuestTarget, byte[]>>(StringComparer.Ordinal)
    {
        ["hello"] = Hello,
        ["quiet"] = Quiet,
        ["output"] = Output,
        ["globals"] = Globals,
        ["tls"] = ThreadStorage,
        ["fpu"] = SampleGuests.FloatingPoint,
        ["time"] = Time,
        ["exception"] = target => Reads(target, 0x1_8000_0000),
        ["zeropage"] = target => Reads(target, 0),
        ["notls"] = WithoutThreadStorage,
        ["ssp"] = SmashedStack,
        ["xnow"] = SampleGuests.WriteToText,
        ["wnox"] = ExecuteData,
        ["memory"] = MemorySize,
    };

    /// <summary>Prints the size of memory that the boot information names.</summary>
    private static byte[] MemorySize(GuestTarget target) => Build(target, g =>
    {
        g.Asm.mov(rax, __qword_ptr[rbx]);
        g.PutsDecimal();
        g.Halt(0);
    });

    /// <summary>For hvt with a network "service": SUCCESS if the boot information offers no ring in shared memory.</summary>
    public static byte[] NoRing() => Build(GuestTarget.Hvt, g =>
    {
        const int HostFeatures = 40, GuestFeatures = 44, NetRing = 48;
        g.Net("service");
        Label failure = g.Asm.CreateLabel();
        g.Asm.mov(eax, __dword_ptr[rbx + HostFeatures]);
        g.Asm.or(eax, __dword_ptr[rbx + GuestFeatures]);
        g.Asm.jne(failure);
        g.Asm.cmp(__qword_ptr[rbx + NetRing], 0);
        g.Asm.jne(failure);
        g.SucceedOr(ref failure);
    });

    /// <summary>SUCCESS if the command line is exactly "Hello_Solo5".</summary>
    private static byte[] Hello(GuestTarget target) => Build(target, g =>
    {
        Label failure = g.Asm.CreateLabel();
        g.ExpectCommandLine("Hello_Solo5\0", failure);
        g.SucceedOr(ref failure);
    });

    /// <summary>As Solo5's library: a banner, unless the command line is "--solo5:quiet", which the guest takes for itself.</summary>
    private static byte[] Quiet(GuestTarget target) => Build(target, g =>
    {
        Label banner = g.Asm.CreateLabel(), go = g.Asm.CreateLabel();
        g.ExpectCommandLine("--solo5:quiet\0", banner);
        g.Asm.jmp(go);
        g.Asm.Label(ref banner);
        g.Asm.nop();
        g.Puts("Solo5: Bindings of a test\n");
        g.Asm.Label(ref go);
        g.Asm.nop();
        g.Puts("SUCCESS\n");
        g.Halt(0);
    });

    /// <summary>4096 bytes in a single write.</summary>
    private static byte[] Output(GuestTarget target) => Build(target, g =>
    {
        var page = new byte[4096];
        page.AsSpan().Fill((byte)'o');
        page[^1] = (byte)'\n';
        g.Hypercall(PutsCall, g.Words(g.Bytes(page), 4096));
        g.Halt(0);
    });

    /// <summary>Data has its value, a bss without bytes in the file is zero, and both can be written.</summary>
    private static byte[] Globals(GuestTarget target) => Build(target, g =>
    {
        const uint Bss = 0x18_0000;
        Label failure = g.Asm.CreateLabel();
        uint data = g.Words(0x1122_3344);
        g.Segment(flags: 6, Bss, [], memoryBytes: 0x2000);
        foreach ((uint address, int value) in ((uint, int)[])[(data, 0x1122_3344), (Bss, 0), (Bss + 0x1ffc, 0)])
        {
            g.Expect(address, value, failure);
            g.Asm.mov(__dword_ptr[address], 0x5566_7788);
            g.Expect(address, 0x5566_7788, failure);
        }

        g.SucceedOr(ref failure);
    });

    /// <summary>Writes and reads through %fs, and sees it at the address.</summary>
    private static byte[] ThreadStorage(GuestTarget target) => Build(target, g =>
    {
        Label failure = g.Asm.CreateLabel();
        uint storage = g.Words(77, 0);
        g.SetThreadPointer(storage);
        g.Asm.cmp(__qword_ptr.fs[0], 77);
        g.Asm.jne(failure);
        g.Asm.mov(__qword_ptr.fs[8], 88);
        g.Expect(storage + 8, 88, failure);
        g.SucceedOr(ref failure);
    });

    /// <summary>
    /// Wall time after 2017; a poll without waiting comes back; of five sleeps of a second none is short, and at least one is at most
    /// 200 ms late: a busy host delays the others.
    /// </summary>
    private static byte[] Time(GuestTarget target) => Build(target, g =>
    {
        const long Second = 1_000_000_000, Late = 200_000_000, NewYear2017 = 1_483_228_800_000_000_000;
        Label failure = g.Asm.CreateLabel(), late = g.Asm.CreateLabel();
        uint before = g.Words(0), after = g.Words(0), punctual = g.Words(0);
        g.Hypercall(Poll, g.Words(0, 0, 0));
        g.Repeat(5, () =>
        {
            late = g.Asm.CreateLabel();
            g.Hypercall(WallTime, before);
            g.Sleep(TimeSpan.FromSeconds(1));
            g.Hypercall(WallTime, after);
            g.Asm.mov(rax, __qword_ptr[after]);
            g.Asm.mov(rcx, NewYear2017);
            g.Asm.cmp(rax, rcx);
            g.Asm.jb(failure);
            g.Asm.sub(rax, __qword_ptr[before]);
            g.Asm.sub(rax, (int)Second);
            g.Asm.jb(failure);
            g.Asm.cmp(rax, (int)Late);
            g.Asm.ja(late);
            g.Asm.inc(__qword_ptr[punctual]);
            g.Asm.Label(ref late);
            g.Asm.nop();
        });
        g.Asm.cmp(__qword_ptr[punctual], 0);
        g.Asm.je(failure);
        g.SucceedOr(ref failure);
    });

    /// <summary>Reads where no memory is.</summary>
    private static byte[] Reads(GuestTarget target, long address) => Build(target, g =>
    {
        g.AbortOnTrap();
        g.Asm.mov(rax, address);
        g.Asm.mov(rax, __qword_ptr[rax]);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>The thread pointer at 0, then an access through it.</summary>
    private static byte[] WithoutThreadStorage(GuestTarget target) => Build(target, g =>
    {
        g.AbortOnTrap();
        g.SetThreadPointer(0);
        g.Asm.mov(rax, __qword_ptr.fs[0]);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>A function fills its buffer by one word too many, finds the guard behind it changed, and aborts.</summary>
    private static byte[] SmashedStack(GuestTarget target) => Build(target, g =>
    {
        const int BufferBytes = 64;
        Label changed = g.Asm.CreateLabel();
        g.Asm.rdtsc();
        g.Asm.mov(r12d, eax);
        g.Asm.sub(rsp, BufferBytes + 8);
        g.Asm.mov(__qword_ptr[rsp + BufferBytes], r12);
        g.Asm.mov(rdi, rsp);
        g.Asm.mov(rax, -1);
        g.Asm.mov(ecx, (BufferBytes / 8) + 1);
        g.Asm.rep.stosq();
        g.Asm.cmp(__qword_ptr[rsp + BufferBytes], r12);
        g.Asm.jne(changed);
        g.Puts("survived\n");
        g.Halt(0);
        g.Asm.Label(ref changed);
        g.Asm.nop();
        g.Puts("Solo5: ABORT: stack protector\n");
        g.Halt(255);
    });

    private static byte[] ExecuteData(GuestTarget target) => Build(target, g =>
    {
        g.Asm.mov(eax, g.Bytes([0xc3]));
        g.Asm.call(rax);
        g.Puts("executed\n");
        g.Halt(0);
    });

    private static byte[] Build(GuestTarget target, Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder(target);
        write(guest);
        return guest.Build();
    }
}
