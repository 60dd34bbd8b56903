using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>Unikernels for tests and demonstrations, each a few kilobytes and always the same bytes.</summary>
public static class SampleGuests
{
    /// <summary>Every sample that needs no argument, by name.</summary>
    public static IReadOnlyDictionary<string, Func<byte[]>> ByName { get; } =
        new SortedDictionary<string, Func<byte[]>>(StringComparer.Ordinal)
    {
        ["hello"] = () => Hello(),
        ["ticker"] = () => Ticker(TimeSpan.FromMilliseconds(200)),
        ["idle"] = () => Idle(),
        ["exit42"] = () => Exit(42),
        ["abort"] = () => Abort(),
        ["bad-pointer"] = () => Build(g => g.Hypercall(2, 0xffff_fff0)),
        ["bad-length"] = () => Build(g => g.Hypercall(2, g.Words(GuestBuilder.DataAddress, ulong.MaxValue))),
        ["bad-port"] = BadPort,
        ["bad-number"] = () => Build(g => g.Hypercall(0, 0)),
        ["beyond-last-number"] = () => Build(g => g.Hypercall(9, 0)),
        ["net-without-device"] = () => Build(g => g.Hypercall(7, g.Words(0, 0, 0, 0))),
        ["output-into-text"] = () => Build(g => g.Hypercall(1, (uint)GuestBuilder.TextAddress)),
        ["triple-fault"] = () => Build(g => g.Asm.ud2()),
        ["hlt"] = () => Build(g => g.Asm.hlt()),
        ["memory-hog"] = () => MemoryHog(),
        ["spewer"] = () => Spewer(lines: 20_000),
        ["write-to-text"] = () => WriteToText(),
        ["clock"] = () => Clock(),
        ["writable-executable"] = () => Build(g => { g.TextFlags = 7; g.Halt(0); }),
        ["spt"] = () => Build(g => { g.Target = 2; g.Halt(0); }),
        ["abi-1"] = () => Build(g => { g.AbiVersion = 1; g.Halt(0); }),
        ["bad-manifest"] = () => Build(g => { g.ManifestVersion = 2; g.Halt(0); }),
        ["net-service"] = () => DeviceGuests.NetDeclared(),
        ["echo"] = () => DeviceGuests.Echo(interfaces: 1, replies: int.MaxValue),
        ["frames"] = () => DeviceGuests.FrameSender(count: 1000, bytes: 1514),
        ["block-check"] = () => DeviceGuests.BlockCheck(512),
        ["describe"] = () => DeviceGuests.Describe(),
        ["hypercall-rate"] = () => HypercallRate(200_000),
        ["poll-rate"] = () => PollRate(100_000),
        ["fpu"] = () => FloatingPoint(),
        ["padded"] = () => Padded(10 << 20),
    };

    /// <summary>Prints "hello from COMMAND-LINE" and ends with 0.</summary>
    public static byte[] Hello(GuestTarget target = GuestTarget.Hvt) => Build(target, SayHello);

    /// <summary>As <see cref="Hello"/>, with <paramref name="paddingBytes"/> of read-only data; needs memory to hold it.</summary>
    public static byte[] Padded(int paddingBytes, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.PaddingBytes = paddingBytes;
        SayHello(g);
    });

    /// <summary>
    /// Reads a byte of every page of <paramref name="paddingBytes"/> of read-only data, says "read", and sleeps.
    /// </summary>
    public static byte[] PaddingReader(int paddingBytes, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        Label next = g.Asm.CreateLabel();
        g.PaddingBytes = paddingBytes;
        uint block = g.Words(g.Bytes("read\n"u8), 5), sleep = g.Words(3_600_000_000_000, 0, 0);
        g.Asm.mov(rdi, g.PaddingAddress);
        g.Asm.mov(ecx, paddingBytes / 4096);
        g.Asm.Label(ref next);
        g.Asm.mov(al, __byte_ptr[rdi]);
        g.Asm.add(rdi, 4096);
        g.Asm.dec(ecx);
        g.Asm.jnz(next);
        g.Hypercall(2, block);
        g.Forever(() => g.Hypercall(3, sleep));
    });

    /// <summary>Prints the command line once, then a line "00000001", "00000002" and so on every <paramref name="interval"/>.</summary>
    public static byte[] Ticker(TimeSpan interval, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.PutsCommandLine();
        g.Puts("\n");
        uint digits = g.Bytes("00000000\n"u8);
        uint line = g.Words(digits, 9);
        g.Forever(() =>
        {
            Increment(g, digits);
            g.Hypercall(2, line);
            g.Sleep(interval);
        });
    });

    /// <summary>Prints "idle" and sleeps.</summary>
    public static byte[] Idle(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Puts("idle\n");
        g.Forever(() => g.Sleep(TimeSpan.FromHours(1)));
    });

    /// <summary>Ends at once with <paramref name="status"/>.</summary>
    public static byte[] Exit(int status, GuestTarget target = GuestTarget.Hvt) => Build(target, g => g.Halt(status));

    /// <summary>Ends with <paramref name="status"/> after <paramref name="delay"/>.</summary>
    public static byte[] ExitLater(int status, TimeSpan delay, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Sleep(delay);
        g.Halt(status);
    });

    /// <summary>Prints "giving up" and ends with 255, as a panic does.</summary>
    public static byte[] Abort(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Puts("giving up\n");
        g.Halt(255);
    });

    /// <summary>Touches every page of its memory but the stack's, says so, and sleeps.</summary>
    public static byte[] MemoryHog(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        Label next = g.Asm.CreateLabel();
        g.Asm.mov(rcx, __qword_ptr[rbx]);
        g.Asm.mov(rdi, 0x20_0000L);
        g.Asm.sub(rcx, 0x1000);
        g.Asm.Label(ref next);
        g.Asm.mov(__qword_ptr[rdi], rdi);
        g.Asm.add(rdi, 0x1000);
        g.Asm.cmp(rdi, rcx);
        g.Asm.jb(next);
        g.Puts("touched all memory\n");
        g.Forever(() => g.Sleep(TimeSpan.FromHours(1)));
    });

    /// <summary>Prints <paramref name="lines"/> times 32 lines of 127 characters, 4096 bytes a call, as fast as it can.</summary>
    public static byte[] Spewer(long lines, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        var page = new byte[4096];
        page.AsSpan().Fill((byte)'x');
        for (int i = 127; i < page.Length; i += 128)
        {
            page[i] = (byte)'\n';
        }

        uint block = g.Words(g.Bytes(page), 4096);
        g.Repeat(lines, () => g.Hypercall(2, block));
        g.Halt(0);
    });

    private static byte[] Build(Action<GuestBuilder> write) => Build(GuestTarget.Hvt, write);

    private static byte[] Build(GuestTarget target, Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder(target);
        write(guest);
        return guest.Build();
    }

    private static void SayHello(GuestBuilder g)
    {
        g.Puts("hello from ");
        g.PutsCommandLine();
        g.Puts("\n");
        g.Halt(0);
    }

    private static byte[] BadPort() => Build(g =>
    {
        g.Asm.mov(edx, 0x3f8);
        g.Asm.mov(eax, 1);
        g.Asm.@out(dx, al);
    });

    /// <summary>Writes into its own text, which must not succeed.</summary>
    public static byte[] WriteToText(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Asm.mov(rax, (long)GuestBuilder.TextAddress);
        g.Asm.mov(__qword_ptr[rax], rax);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>Ends with 0 if the wall clock is after 2017 and, under hvt, the TSC frequency is plausible, else with 1.</summary>
    public static byte[] Clock(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        Label bad = g.Asm.CreateLabel();
        uint time = g.Words(0);
        g.Hypercall(1, time);
        g.Asm.mov(rax, 1_483_228_800_000_000_000L);
        g.Asm.cmp(__qword_ptr[time], rax);
        g.Asm.jb(bad);
        if (target == GuestTarget.Hvt)
        {
            g.Asm.cmp(__qword_ptr[rbx + 16], 100_000_000);
            g.Asm.jb(bad);
        }

        g.Halt(0);
        g.Asm.Label(ref bad);
        g.Halt(1);
    });

    /// <summary>Asks for the wall clock <paramref name="count"/> times.</summary>
    public static byte[] HypercallRate(long count, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        uint block = g.Words(0);
        g.Repeat(count, () => g.Hypercall(1, block));
        g.Halt(0);
    });

    /// <summary>Polls <paramref name="count"/> times without waiting.</summary>
    public static byte[] PollRate(long count, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        uint block = g.Words(0, 0, 0);
        g.Repeat(count, () => g.Hypercall(3, block));
        g.Halt(0);
    });

    /// <summary>
    /// Sleeps three times <paramref name="duration"/> and ends with 0 if each took at least that and at most 200 ms more by the wall clock.
    /// </summary>
    public static byte[] Sleeper(TimeSpan duration, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        Label failure = g.Asm.CreateLabel();
        uint before = g.Words(0), after = g.Words(0);
        long nanoseconds = duration.Ticks * 100;
        g.Repeat(3, () =>
        {
            g.Hypercall(1, before);
            g.Sleep(duration);
            g.Hypercall(1, after);
            g.Asm.mov(rax, __qword_ptr[after]);
            g.Asm.sub(rax, __qword_ptr[before]);
            g.Asm.mov(rcx, nanoseconds);
            g.Asm.cmp(rax, rcx);
            g.Asm.jb(failure);
            g.Asm.mov(rcx, nanoseconds + 200_000_000);
            g.Asm.cmp(rax, rcx);
            g.Asm.ja(failure);
        });
        g.SucceedOr(ref failure);
    });

    /// <summary>Computes 1.5 * 1.5 + 0.75 with SSE and x87 and says SUCCESS if both give 3.</summary>
    public static byte[] FloatingPoint(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        Label failure = g.Asm.CreateLabel();
        uint numbers = g.Words(BitConverter.DoubleToUInt64Bits(1.5), BitConverter.DoubleToUInt64Bits(0.75), 0);
        ulong three = BitConverter.DoubleToUInt64Bits(3);
        g.Asm.movsd(xmm0, __qword_ptr[numbers]);
        g.Asm.mulsd(xmm0, xmm0);
        g.Asm.addsd(xmm0, __qword_ptr[numbers + 8]);
        g.Asm.movq(rax, xmm0);
        g.Asm.mov(rcx, three);
        g.Asm.cmp(rax, rcx);
        g.Asm.jne(failure);
        g.Asm.fld(__qword_ptr[numbers]);
        g.Asm.fmul(__qword_ptr[numbers]);
        g.Asm.fadd(__qword_ptr[numbers + 8]);
        g.Asm.fstp(__qword_ptr[numbers + 16]);
        g.Asm.cmp(__qword_ptr[numbers + 16], rcx);
        g.Asm.jne(failure);
        g.SucceedOr(ref failure);
    });

    /// <summary>Adds one to eight ASCII digits. Uses rdi.</summary>
    private static void Increment(GuestBuilder g, uint digits)
    {
        Label next = g.Asm.CreateLabel(), done = g.Asm.CreateLabel();
        g.Asm.mov(edi, digits + 7);
        g.Asm.Label(ref next);
        g.Asm.inc(__byte_ptr[rdi]);
        g.Asm.cmp(__byte_ptr[rdi], (byte)'9');
        g.Asm.jbe(done);
        g.Asm.mov(__byte_ptr[rdi], (byte)'0');
        g.Asm.dec(rdi);
        g.Asm.jmp(next);
        g.Asm.Label(ref done);
        g.Asm.nop();
    }
}
