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
        ["hello"] = Hello,
        ["ticker"] = () => Ticker(TimeSpan.FromMilliseconds(200)),
        ["idle"] = Idle,
        ["exit42"] = () => Exit(42),
        ["abort"] = Abort,
        ["bad-pointer"] = () => Build(g => g.Hypercall(2, 0xffff_fff0)),
        ["bad-length"] = () => Build(g => g.Hypercall(2, g.Words(GuestBuilder.DataAddress, ulong.MaxValue))),
        ["bad-port"] = BadPort,
        ["bad-number"] = () => Build(g => g.Hypercall(0, 0)),
        ["beyond-last-number"] = () => Build(g => g.Hypercall(9, 0)),
        ["net-without-device"] = () => Build(g => g.Hypercall(7, g.Words(0, 0, 0, 0))),
        ["output-into-text"] = () => Build(g => g.Hypercall(1, (uint)GuestBuilder.TextAddress)),
        ["triple-fault"] = () => Build(g => g.Asm.ud2()),
        ["hlt"] = () => Build(g => g.Asm.hlt()),
        ["memory-hog"] = MemoryHog,
        ["spewer"] = () => Spewer(lines: 20_000),
        ["write-to-text"] = WriteToText,
        ["clock"] = Clock,
        ["writable-executable"] = () => Build(g => { g.TextFlags = 7; g.Halt(0); }),
        ["spt"] = () => Build(g => { g.Target = 2; g.Halt(0); }),
        ["abi-1"] = () => Build(g => { g.AbiVersion = 1; g.Halt(0); }),
        ["bad-manifest"] = () => Build(g => { g.ManifestVersion = 2; g.Halt(0); }),
        ["net-service"] = () => Build(g => { g.Net("service"); g.Puts("attached\n"); g.Halt(0); }),
        ["padded"] = () => Padded(10 << 20),
    };

    /// <summary>Prints "hello from COMMAND-LINE" and ends with 0.</summary>
    public static byte[] Hello() => Build(SayHello);

    /// <summary>As <see cref="Hello"/>, with <paramref name="paddingBytes"/> of read-only data; needs memory to hold it.</summary>
    public static byte[] Padded(int paddingBytes) => Build(g =>
    {
        g.PaddingBytes = paddingBytes;
        SayHello(g);
    });

    /// <summary>Prints the command line once, then a line "00000001", "00000002" and so on every <paramref name="interval"/>.</summary>
    public static byte[] Ticker(TimeSpan interval) => Build(g =>
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
    public static byte[] Idle() => Build(g =>
    {
        g.Puts("idle\n");
        g.Forever(() => g.Sleep(TimeSpan.FromHours(1)));
    });

    /// <summary>Ends at once with <paramref name="status"/>.</summary>
    public static byte[] Exit(int status) => Build(g => g.Halt(status));

    /// <summary>Ends with <paramref name="status"/> after <paramref name="delay"/>.</summary>
    public static byte[] ExitLater(int status, TimeSpan delay) => Build(g =>
    {
        g.Sleep(delay);
        g.Halt(status);
    });

    /// <summary>Prints "giving up" and ends with 255, as a panic does.</summary>
    public static byte[] Abort() => Build(g =>
    {
        g.Puts("giving up\n");
        g.Halt(255);
    });

    /// <summary>Touches every page of its memory but the stack's, says so, and sleeps.</summary>
    public static byte[] MemoryHog() => Build(g =>
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
    public static byte[] Spewer(long lines) => Build(g =>
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

    private static byte[] Build(Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder();
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

    private static byte[] WriteToText() => Build(g =>
    {
        g.Asm.mov(rax, (long)GuestBuilder.TextAddress);
        g.Asm.mov(__qword_ptr[rax], rax);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>Ends with 0 if the wall clock is after 2017 and the TSC frequency is plausible, else with 1.</summary>
    private static byte[] Clock() => Build(g =>
    {
        Label bad = g.Asm.CreateLabel();
        uint time = g.Words(0);
        g.Hypercall(1, time);
        g.Asm.mov(rax, 1_483_228_800_000_000_000L);
        g.Asm.cmp(__qword_ptr[time], rax);
        g.Asm.jb(bad);
        g.Asm.cmp(__qword_ptr[rbx + 16], 100_000_000);
        g.Asm.jb(bad);
        g.Halt(0);
        g.Asm.Label(ref bad);
        g.Halt(1);
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
