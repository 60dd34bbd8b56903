using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.Guests;

/// <summary>Unikernels that use network interfaces and block devices.</summary>
public static class DeviceGuests
{
    private const int NetWrite = 6, NetRead = 7, BlockWrite = 4, BlockRead = 5, Poll = 3;
    private const int MacOffset = 72, MtuOffset = 78, CapacityOffset = 72, SectorOffset = 80;
    private const int FrameBytes = 9216;

    /// <summary>Declares the network "service" and ends with 0 at once.</summary>
    public static byte[] NetDeclared(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Net("service");
        g.Puts("attached\n");
        g.Halt(0);
    });

    /// <summary>
    /// Disk "storage": writes a sector and reads it back, is refused beyond the end, and says SUCCESS. The sector is the second one.
    /// </summary>
    public static byte[] BlockCheck(int sectorBytes, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        ulong disk = (ulong)g.Block("storage"), sector = (ulong)sectorBytes;
        var pattern = new byte[sectorBytes];
        for (int i = 0; i < pattern.Length; i++)
        {
            pattern[i] = (byte)((i * 7) ^ (i >> 8));
        }

        Label failure = g.Asm.CreateLabel();
        uint written = g.Bytes(pattern), read = g.Reserve(sectorBytes);
        uint write = g.Words(disk, sector, written, sector, 99), back = g.Words(disk, sector, read, sector, 99);
        g.Hypercall(BlockWrite, write);
        g.Expect(write + 32, 0, failure);
        g.Hypercall(BlockRead, back);
        g.Expect(back + 32, 0, failure);
        g.Asm.mov(rsi, (long)written);
        g.Asm.mov(rdi, (long)read);
        g.Asm.mov(ecx, sectorBytes);
        g.Asm.repe.cmpsb();
        g.Asm.jne(failure);

        g.LoadEntry((int)disk);
        g.Asm.mov(rax, __qword_ptr[rdx + CapacityOffset]);
        uint beyond = g.Words(disk, 0, written, sector, 99), far = g.Words(disk, ulong.MaxValue - 100, written, sector, 99);
        g.Asm.mov(__qword_ptr[beyond + 8], rax);
        foreach ((int call, uint block) in ((int, uint)[])[(BlockWrite, beyond), (BlockRead, beyond), (BlockWrite, far), (BlockRead, far)])
        {
            g.Asm.mov(__dword_ptr[block + 32], 99);
            g.Hypercall(call, block);
            g.Expect(block + 32, 2, failure);
        }

        g.SucceedOr(ref failure);
    });

    /// <summary>
    /// Disks "storage1" to "storageN": writes its handle into the first sector of each, then reads all of them, and says SUCCESS.
    /// </summary>
    public static byte[] ManyDisks(int count, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        for (int i = 1; i <= count; i++)
        {
            g.Block($"storage{i}");
        }

        Label failure = g.Asm.CreateLabel();
        uint buffer = g.Reserve(512), block = g.Words(0, 0, buffer, 512, 99);
        foreach (int call in (int[])[BlockWrite, BlockRead])
        {
            g.Repeat(count, () =>
            {
                g.Asm.mov(__qword_ptr[block], r15);
                if (call == BlockWrite)
                {
                    g.Asm.mov(__qword_ptr[buffer], r15);
                }

                g.Hypercall(call, block);
                g.Expect(block + 32, 0, failure);
                g.Asm.cmp(__qword_ptr[buffer], r15);
                g.Asm.jne(failure);
            });
        }

        g.SucceedOr(ref failure);
    });

    /// <summary>
    /// Networks and disks in the order net "a", disk "b", disk "c", net "d": writes a disk's handle to its first sector, sends as many
    /// frames on each network as its handle says, and says SUCCESS.
    /// </summary>
    public static byte[] MixedDevices(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        (int Handle, bool IsNet)[] devices = [(g.Net("a"), true), (g.Block("b"), false), (g.Block("c"), false), (g.Net("d"), true)];
        Label failure = g.Asm.CreateLabel();
        uint sector = g.Reserve(512);
        byte[] header = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5];
        uint frame = g.Bytes([.. header, .. new byte[50]]);
        foreach ((int handle, bool isNet) in devices)
        {
            uint block = isNet ? g.Words((ulong)handle, frame, 64, 99) : g.Words((ulong)handle, 0, sector, 512, 99);
            g.Asm.mov(__qword_ptr[sector], handle);
            g.Repeat(isNet ? handle : 1, () =>
            {
                g.Hypercall(isNet ? NetWrite : BlockWrite, block);
                g.Expect(isNet ? block + 24 : block + 32, 0, failure);
            });
        }

        g.SucceedOr(ref failure);
    });

    /// <summary>Network "service" and disk "storage": prints what the boot information says of them.</summary>
    public static byte[] Describe(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        int net = g.Net("service"), disk = g.Block("storage");
        void Print(string what, int handle, Action load)
        {
            g.Puts(what);
            g.LoadEntry(handle);
            load();
            g.PutsDecimal();
        }

        Print("MTU ", net, () => g.Asm.movzx(eax, __word_ptr[rdx + MtuOffset]));
        Print(", MAC ", net, () =>
        {
            g.Asm.mov(rax, __qword_ptr[rdx + MacOffset]);
            g.Asm.bswap(rax);
            g.Asm.shr(rax, 16);
        });
        Print(", capacity ", disk, () => g.Asm.mov(rax, __qword_ptr[rdx + CapacityOffset]));
        Print(", sector ", disk, () => g.Asm.movzx(eax, __word_ptr[rdx + SectorOffset]));
        Print(", attached ", disk, () => g.Asm.movzx(eax, __byte_ptr[rdx + 96]));
        g.Puts("\n");
        g.Halt(0);
    });

    /// <summary>Walks the disk "storage" <paramref name="count"/> times, one transfer of this size each, from its start to 4 MiB.</summary>
    public static byte[] BlockRate(bool writes, int bytes, long count, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        uint block = g.Words((ulong)g.Block("storage"), 0, g.Reserve(bytes), (ulong)bytes, 0);
        g.Repeat(count, () =>
        {
            g.Hypercall(writes ? BlockWrite : BlockRead, block);
            g.Asm.mov(rax, __qword_ptr[block + 8]);
            g.Asm.add(rax, bytes);
            g.Asm.and(rax, 0x3f_ffff);
            g.Asm.mov(__qword_ptr[block + 8], rax);
        });
        g.Halt(0);
    });

    /// <summary>Declares "storage" and prints <paramref name="lines"/> times 4096 bytes.</summary>
    public static byte[] SpewerWithDisk(long lines, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        g.Block("storage");
        var page = new byte[4096];
        page.AsSpan().Fill((byte)'x');
        uint block = g.Words(g.Bytes(page), 4096);
        g.Repeat(lines, () => g.Hypercall(2, block));
        g.Halt(0);
    });

    /// <summary>Reads the first sector of "storage" into the guest's own text, which the tender must refuse.</summary>
    public static byte[] BlockIntoText(GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        uint block = g.Words((ulong)g.Block("storage"), 0, GuestBuilder.TextAddress, 512, 99);
        g.Hypercall(BlockRead, block);
        g.Puts("survived\n");
        g.Halt(0);
    });

    /// <summary>Sends <paramref name="count"/> broadcast frames of <paramref name="bytes"/> on "service" and says SUCCESS.</summary>
    public static byte[] FrameSender(long count, int bytes, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        ulong net = (ulong)g.Net("service");
        var frame = new byte[bytes];
        ReadOnlySpan<byte> header = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5];
        header.CopyTo(frame);
        Label failure = g.Asm.CreateLabel();
        uint block = g.Words(net, g.Bytes(frame), (ulong)bytes, 0);
        g.Repeat(count, () =>
        {
            g.Asm.mov(__dword_ptr[block + 24], 99);
            g.Hypercall(NetWrite, block);
            g.Expect(block + 24, 0, failure);
        });
        g.SucceedOr(ref failure);
    });

    /// <summary>
    /// Answers ARP and ICMP echo on every interface, "service0" at 10.0.0.2, "service1" at 10.1.0.2 and so on. Prints the MTUs, then
    /// "ready"; says SUCCESS after <paramref name="replies"/> echo replies in all.
    /// </summary>
    public static byte[] Echo(int interfaces, int replies, GuestTarget target = GuestTarget.Hvt) => Build(target, g =>
    {
        int[] handles = [.. Enumerable.Range(0, interfaces).Select(i => g.Net($"service{i}"))];
        uint left = g.Words((ulong)replies), poll = g.Words(1_000_000_000, 0, 0);
        foreach (int handle in handles)
        {
            g.Puts("MTU is ");
            g.LoadEntry(handle);
            g.Asm.movzx(eax, __word_ptr[rdx + MtuOffset]);
            g.PutsDecimal();
            g.Puts("\n");
        }

        Label loop = g.Asm.CreateLabel(), finished = g.Asm.CreateLabel();
        g.Puts("ready\n");
        g.Asm.Label(ref loop);
        g.Asm.nop();
        g.Hypercall(Poll, poll);
        for (int i = 0; i < interfaces; i++)
        {
            new EchoPart(g, handles[i], (uint)(0x0200_000a | (i << 8)), left, finished).Write();
        }

        g.Asm.jmp(loop);
        g.Asm.Label(ref finished);
        g.Asm.nop();
        g.Puts("SUCCESS\n");
        g.Halt(0);
    });

    private static byte[] Build(GuestTarget target, Action<GuestBuilder> write)
    {
        var guest = new GuestBuilder(target);
        write(guest);
        return guest.Build();
    }

    /// <summary>Everything that one interface has received is answered; then on with what follows.</summary>
    private sealed class EchoPart(GuestBuilder g, int handle, uint address, uint repliesLeft, Label finished)
    {
        private readonly Assembler c = g.Asm;
        private readonly uint _frame = g.Reserve(FrameBytes);

        internal void Write()
        {
            Label next = c.CreateLabel(), ip = c.CreateLabel(), send = c.CreateLabel(), done = c.CreateLabel(), sent = c.CreateLabel();
            uint read = g.Words((ulong)handle, _frame, FrameBytes, 0), write = g.Words((ulong)handle, _frame, 0, 0);
            c.Label(ref next);
            c.mov(__qword_ptr[read + 16], FrameBytes);
            g.Hypercall(NetRead, read);
            c.cmp(__dword_ptr[read + 24], 0);
            c.jne(done);
            c.mov(rax, __qword_ptr[read + 16]);
            c.mov(__qword_ptr[write + 16], rax);
            c.mov(r14d, 0);
            WriteArp(next, ip, send);
            c.Label(ref ip);
            WriteIcmp(next);

            // To whom it came from, from us.
            c.Label(ref send);
            c.mov(eax, __dword_ptr[_frame + 6]);
            c.mov(__dword_ptr[_frame], eax);
            c.mov(ax, __word_ptr[_frame + 10]);
            c.mov(__word_ptr[_frame + 4], ax);
            PutMac(_frame + 6);
            g.Hypercall(NetWrite, write);
            c.test(r14d, r14d);
            c.je(sent);
            c.dec(__qword_ptr[repliesLeft]);
            c.jz(finished);
            c.Label(ref sent);
            c.jmp(next);
            c.Label(ref done);
            c.nop();
        }

        /// <summary>A request for our address becomes the reply; anything else that is ARP is ignored.</summary>
        private void WriteArp(Label next, Label notArp, Label send)
        {
            c.cmp(__word_ptr[_frame + 12], 0x0608);
            c.jne(notArp);
            c.cmp(__word_ptr[_frame + 20], 0x0100);
            c.jne(next);
            c.cmp(__dword_ptr[_frame + 38], address);
            c.jne(next);
            c.mov(__word_ptr[_frame + 20], 0x0200);
            c.mov(eax, __dword_ptr[_frame + 22]);
            c.mov(__dword_ptr[_frame + 32], eax);
            c.mov(ax, __word_ptr[_frame + 26]);
            c.mov(__word_ptr[_frame + 36], ax);
            c.mov(eax, __dword_ptr[_frame + 28]);
            c.mov(__dword_ptr[_frame + 38], eax);
            c.mov(__dword_ptr[_frame + 28], address);
            PutMac(_frame + 22);
            c.jmp(send);
        }

        /// <summary>An echo request to us becomes the reply: swapped addresses keep the checksum of IP, type 8 to 0 adds 8 to that of ICMP.</summary>
        private void WriteIcmp(Label next)
        {
            c.cmp(__word_ptr[_frame + 12], 0x0008);
            c.jne(next);
            c.cmp(__byte_ptr[_frame + 14], 0x45);
            c.jne(next);
            c.cmp(__byte_ptr[_frame + 23], 1);
            c.jne(next);
            c.cmp(__dword_ptr[_frame + 30], address);
            c.jne(next);
            c.cmp(__word_ptr[_frame + 34], 8);
            c.jne(next);
            c.mov(eax, __dword_ptr[_frame + 26]);
            c.xchg(__dword_ptr[_frame + 30], eax);
            c.mov(__dword_ptr[_frame + 26], eax);
            c.mov(__byte_ptr[_frame + 34], 0);
            c.add(__word_ptr[_frame + 36], 8);
            c.adc(__word_ptr[_frame + 36], 0);
            c.mov(r14d, 1);
        }

        /// <summary>Our address from the manifest.</summary>
        private void PutMac(uint at)
        {
            g.LoadEntry(handle);
            c.mov(eax, __dword_ptr[rdx + MacOffset]);
            c.mov(__dword_ptr[at], eax);
            c.mov(ax, __word_ptr[rdx + MacOffset + 4]);
            c.mov(__word_ptr[at + 4], ax);
        }
    }
}
