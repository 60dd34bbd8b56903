using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>
/// Unikernels for hvt with a read-only and an unreadable segment, which name addresses in them, at the end of memory and beyond to
/// hypercalls (section 6, the pointer rule and the additional one).
/// </summary>
public static class RangeGuests
{
    /// <summary>[ReadOnly, ReadOnly + 0x1000) holds "read only data" and may be read.</summary>
    public const uint ReadOnly = 0x12_0000;

    /// <summary>[Unreadable, Unreadable + 0x1000) may be neither read nor written.</summary>
    public const uint Unreadable = 0x12_8000;

    /// <summary>The end of memory with --mem=2.</summary>
    public const uint MemoryEnd = 0x20_0000;

    private const int ReadOnlyFlags = 4;

    /// <summary>
    /// One hypercall with the parameter block at <paramref name="block"/>; says "survived" and ends with 0 if it comes back.
    /// </summary>
    public static byte[] Call(int number, uint block) => Build(g => g.Hypercall(number, block));

    /// <summary>One hypercall with a block of these words.</summary>
    public static byte[] CallWith(int number, params ulong[] words) => Build(g => g.Hypercall(number, g.Words(words)));

    /// <summary>As <see cref="Call"/>, with the disk "storage" as handle 1.</summary>
    public static byte[] DiskCall(int number, uint block) => Build(g =>
    {
        g.Block("storage");
        g.Hypercall(number, block);
    });

    /// <summary>As <see cref="CallWith"/>, with the disk "storage" as handle 1.</summary>
    public static byte[] DiskCallWith(int number, params ulong[] words) => Build(g =>
    {
        g.Block("storage");
        g.Hypercall(number, g.Words(words));
    });

    /// <summary>As <see cref="DiskCallWith"/>, and the result has to be <paramref name="result"/>, else it says "another result".</summary>
    public static byte[] DiskResult(int number, int result, params ulong[] words) => Build(g =>
    {
        g.Block("storage");
        Iced.Intel.Label wrong = g.Asm.CreateLabel(), right = g.Asm.CreateLabel();
        uint block = g.Words(words);
        g.Hypercall(number, block);
        g.Expect(block + 32, result, wrong);
        g.Asm.jmp(right);
        g.Asm.Label(ref wrong);
        g.Asm.nop();
        g.Puts("another result\n");
        g.Asm.Label(ref right);
        g.Asm.nop();
    });

    /// <summary>An access to a port that is none of a hypercall's, or of another width or direction.</summary>
    public static byte[] Port(int port, int bytes, bool isWrite) => Build(g =>
    {
        g.Asm.mov(edx, port);
        g.Asm.xor(eax, eax);
        switch (bytes, isWrite)
        {
            case (1, true):
                g.Asm.@out(dx, al);
                break;
            case (2, true):
                g.Asm.@out(dx, ax);
                break;
            case (_, true):
                g.Asm.@out(dx, eax);
                break;
            default:
                g.Asm.@in(eax, dx);
                break;
        }
    });

    private static byte[] Build(Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder();
        guest.Segment(ReadOnlyFlags, ReadOnly, [.. "read only data\n"u8], memoryBytes: 0x1000);
        guest.Segment(flags: 0, Unreadable, [1], memoryBytes: 0x1000);
        write(guest);
        guest.Puts("survived\n");
        guest.Halt(0);
        return guest.Build();
    }
}
